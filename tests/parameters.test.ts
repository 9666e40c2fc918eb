/**
 * The table of parameters told to a whole relay: what it says of each row is what happens to a
 * request, and no parameter that OpenAI publishes is missing from it.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Fate,
  type OpenAiRoute,
  type Parameter,
  parameters,
} from "../src/facades/openai/parameters.ts";
import type { JsonObject } from "../src/protocol/json.ts";
import { startTestRelay, type TestRelay } from "./helpers/test-relay.ts";
import { createOpenApi, readSchemas } from "./schema/openapi.ts";

interface Sample {
  /** Something that a client would send. */
  readonly value?: unknown;
  /** Makes the value, where it names something that the relay has to have. */
  readonly make?: (relay: TestRelay) => Promise<string>;
  /** What has to be in the request with it. */
  readonly beside?: JsonObject;
  /** What a translated parameter becomes upstream. */
  readonly becomes?: JsonObject;
  /** What is in the answer because of it, where nothing goes upstream. */
  readonly tells?: string;
}

const schema = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const said = [{ type: "message", role: "user", content: [{ type: "input_text", text: "Hi." }] }];
const flatTool = { type: "function", name: "weather", parameters: schema, strict: true };
const nestedTool = { type: "function", function: { name: "weather", parameters: schema } };
const jsonSchema = { name: "city", strict: true, schema };
const textFormat = { format: { type: "json_schema", ...jsonSchema }, verbosity: "low" };
const anyTool = [{ type: "function", name: "weather" }];

/** A sample for every row; one for each route where the routes differ. */
const samples: Readonly<Record<string, Sample | Readonly<Partial<Record<OpenAiRoute, Sample>>>>> = {
  model: { value: "gpt-5.5-high", becomes: { model: "gpt-5.5", reasoning: { effort: "high" } } },
  stream: { value: true, becomes: { stream: true } },
  stream_options: {
    responses: {
      value: { include_obfuscation: false },
      becomes: { stream_options: { include_obfuscation: false } },
    },
    chat: { value: { include_usage: true }, beside: { stream: true }, tells: '"total_tokens"' },
    completions: {
      value: { include_usage: true },
      beside: { stream: true },
      tells: '"total_tokens"',
    },
  },
  store: {
    responses: { value: true, becomes: { store: false } },
    chat: { value: true },
  },
  input: {
    responses: { value: "Hi.", becomes: { input: said } },
    chat: { value: "Hi.", beside: { messages: null }, becomes: { input: said } },
  },
  instructions: { value: "Be short.", becomes: { instructions: "Be short." } },
  messages: { value: [{ role: "user", content: "Hi." }], becomes: { input: said } },
  prompt: {
    responses: { value: { id: "pmpt_1" } },
    completions: { value: "Hi.", becomes: { input: said } },
  },
  previous_response_id: {
    make: (relay) => idOf(relay, "/v1/responses", { model: "gpt-5.5", input: "Hi." }),
    becomes: { input: expect.arrayContaining(said) },
  },
  conversation: {
    make: (relay) => idOf(relay, "/v1/conversations", { items: said }),
    becomes: { input: expect.arrayContaining(said) },
  },
  background: { value: true },
  reasoning: { value: { effort: "low" }, becomes: { reasoning: { effort: "low" } } },
  reasoning_effort: { value: "low", becomes: { reasoning: { effort: "low" } } },
  text: { value: textFormat, becomes: { text: textFormat } },
  response_format: {
    value: { type: "json_schema", json_schema: jsonSchema },
    becomes: { text: { format: { type: "json_schema", ...jsonSchema } } },
  },
  verbosity: { value: "low", becomes: { text: { verbosity: "low" } } },
  include: {
    value: ["reasoning.encrypted_content"],
    becomes: { include: ["reasoning.encrypted_content"] },
  },
  service_tier: { value: "priority" },
  modalities: { value: ["text", "audio"] },
  audio: { value: { voice: "alloy", format: "mp3" } },
  n: { value: 2 },
  best_of: { value: 2 },
  echo: { value: true },
  suffix: { value: "The end." },
  logprobs: { chat: { value: true }, completions: { value: 2 } },
  tools: {
    responses: { value: [flatTool], becomes: { tools: [flatTool] } },
    chat: { value: [nestedTool], becomes: { tools: anyTool } },
  },
  tool_choice: {
    responses: { value: "required", beside: { tools: [flatTool] } },
    chat: {
      value: { type: "function", function: { name: "weather" } },
      beside: { tools: [nestedTool] },
      becomes: { tool_choice: { type: "function", name: "weather" } },
    },
  },
  parallel_tool_calls: { value: false, becomes: { parallel_tool_calls: false } },
  functions: { value: [{ name: "weather", parameters: schema }], becomes: { tools: anyTool } },
  function_call: {
    value: { name: "weather" },
    beside: { functions: [{ name: "weather", parameters: schema }] },
    becomes: { tool_choice: { type: "function", name: "weather" } },
  },
  // An empty object is a request here: search, with nothing else said.
  web_search_options: { value: {}, becomes: { tools: [{ type: "web_search" }] } },
  max_tool_calls: { value: 3 },
  temperature: { value: 0.2 },
  top_p: { value: 0.9 },
  frequency_penalty: { value: 0.5 },
  presence_penalty: { value: 0.5 },
  logit_bias: { value: { "50256": -100 } },
  seed: { value: 7 },
  top_logprobs: { value: 2 },
  stop: { value: ["END"] },
  prediction: { value: { type: "content", content: "Hi." } },
  max_tokens: { value: 100 },
  max_completion_tokens: { value: 100 },
  max_output_tokens: { value: 100 },
  truncation: { value: "auto" },
  context_management: { value: [{ type: "compaction", compact_threshold: 1000 }] },
  moderation: { value: { model: "omni-moderation-latest" } },
  prompt_cache_key: { value: "my-key" },
  prompt_cache_retention: { value: "24h" },
  prompt_cache_options: { value: { mode: "explicit" } },
  user: { value: "user-1" },
  safety_identifier: { value: "someone" },
  metadata: { value: { topic: "trees" } },
  client_metadata: { value: { origin: "a-tool" } },
  access_programs: { value: ["a-program"] },
};

async function idOf(relay: TestRelay, path: string, body: JsonObject): Promise<string> {
  const { id } = (await (await relay.post(path, body)).json()) as { id: string };
  return id;
}

/** Values that ask a refused parameter for nothing. */
const harmless: Readonly<Record<string, unknown>> = {
  prompt: {},
  background: false,
  modalities: ["text"],
  audio: null,
  n: 1,
  best_of: 1,
  echo: false,
  suffix: "",
  logprobs: false,
};

const routes: Readonly<Record<OpenAiRoute, { path: string; request: string; plain: JsonObject }>> =
  {
    responses: {
      path: "/v1/responses",
      request: "CreateResponse",
      plain: { model: "gpt-5.5", input: "Hello." },
    },
    chat: {
      path: "/v1/chat/completions",
      request: "CreateChatCompletionRequest",
      plain: { model: "gpt-5.5", messages: [{ role: "user", content: "Hello." }] },
    },
    completions: {
      path: "/v1/completions",
      request: "CreateCompletionRequest",
      plain: { model: "gpt-5.5", prompt: "Hello." },
    },
  };
const routeNames = Object.keys(routes) as OpenAiRoute[];

interface Row {
  readonly name: string;
  readonly route: OpenAiRoute;
  readonly fate: Fate;
  readonly row: Parameter;
}

const rows: readonly Row[] = parameters.flatMap((row) =>
  routeNames.flatMap((route) => {
    const fate = row.fates[route];
    return fate === undefined ? [] : [{ name: row.name, route, fate, row }];
  }),
);
const withFate = (wanted: Fate): Row[] => rows.filter(({ fate }) => fate === wanted);

function isSample(sample: object): sample is Sample {
  return "value" in sample || "make" in sample;
}

function sampleOf({ name, route }: Row): Sample {
  const sample = samples[name];
  const own = sample === undefined || isSample(sample) ? sample : sample[route];
  if (own === undefined) throw new Error(`\`${name}\` has no sample for ${route}.`);
  return own;
}

let relay: TestRelay;
beforeAll(async () => {
  relay = await startTestRelay({ env: { AIRELAYS_RATE_LIMIT_BURST: "10000" } });
});
afterAll(() => relay.close());

/** A request, and all that it brought about. */
async function exchange(route: OpenAiRoute, fields: JsonObject) {
  const forget = await fetch(`${relay.simulator.url}/simulator/requests`, { method: "DELETE" });
  expect(forget.ok).toBe(true);
  const { path, plain } = routes[route];
  const answer = await relay.post(path, { ...plain, ...fields });
  const text = await answer.text();
  const names = (header: string): string[] =>
    answer.headers.get(header)?.split(",").filter(Boolean) ?? [];
  const outcome = {
    status: answer.status,
    ignored: names("x-airelays-ignored-parameters"),
    adapted: names("x-airelays-adapted-parameters"),
    error: answer.ok ? null : (JSON.parse(text) as { error: JsonObject }).error,
    upstream: await relay.upstreamBodies(),
  };
  return { outcome, text };
}

/** What can be compared of it: answers have ids and times of their own. */
async function outcome(route: OpenAiRoute, fields: JsonObject) {
  return (await exchange(route, fields)).outcome;
}

async function sentExchange(row: Row) {
  const { value, make, beside = {} } = sampleOf(row);
  return exchange(row.route, { ...beside, [row.name]: (await make?.(relay)) ?? value });
}

/** The outcome of the row's sample. */
async function sent(row: Row) {
  return (await sentExchange(row)).outcome;
}

describe("a parameter that the table calls", () => {
  it.each(withFate("forwarded"))("forwarded is sent on: $name on $route", async (row) => {
    const { status, ignored, adapted, upstream } = await sent(row);

    expect({ status, ignored, adapted }).toEqual({ status: 200, ignored: [], adapted: [] });
    expect(upstream[0]?.[row.row.as ?? row.name]).toEqual(sampleOf(row).value);
  });

  it.each(withFate("translated"))("translated is carried over: $name on $route", async (row) => {
    const { beside = {}, becomes, tells } = sampleOf(row);
    const { outcome, text } = await sentExchange(row);
    const { status, ignored, error, upstream } = outcome;

    expect({ status, ignored, error }).toEqual({ status: 200, ignored: [], error: null });
    expect(upstream).toEqual([expect.objectContaining({ model: "gpt-5.5" })]);
    expect(becomes ?? tells).toBeDefined();
    expect(upstream[0]).toMatchObject(becomes ?? {});
    if (tells === undefined) return;
    expect((await exchange(row.route, beside)).text).not.toContain(tells);
    expect(text).toContain(tells);
  });

  it.each(withFate("disclosed"))(
    "disclosed is left out and named: $name on $route",
    async (row) => {
      const plain = await outcome(row.route, sampleOf(row).beside ?? {});

      expect(await sent(row)).toEqual({ ...plain, ignored: [row.name] });
    },
  );

  it.each(withFate("refused"))("refused costs no upstream call: $name on $route", async (row) => {
    const { status, error, upstream } = await sent(row);

    expect({ status, error, upstream }).toEqual({
      status: 400,
      error: {
        message: `\`${row.name}\` is not supported: ${row.row.note}`,
        type: "invalid_request_error",
        code: "unsupported_parameter",
        param: row.name,
      },
      upstream: [],
    });
  });

  it.each(withFate("refused"))("refused may ask for nothing: $name on $route", async (row) => {
    const plain = await outcome(row.route, {});

    expect(row.name in harmless).toBe(true);
    expect(await outcome(row.route, { [row.name]: harmless[row.name] })).toEqual(plain);
  });
});

describe("every parameter", () => {
  it.each(rows)("is absent when it is null: $name on $route", async ({ name, route }) => {
    const { [name]: _, ...others } = routes[route].plain;
    const absent = await outcome(route, { ...others, [name]: undefined });

    expect(await outcome(route, { [name]: null })).toEqual(absent);
  });

  it("has a sample, and no sample is of another", () => {
    expect(Object.keys(samples)).toEqual(parameters.map(({ name }) => name));
    expect(rows.map(sampleOf)).toHaveLength(rows.length);
  });

  it.each(routeNames)("that OpenAI publishes is in the table: %s", (route) => {
    const published = createOpenApi(readSchemas()).parametersOf(routes[route].request);
    const known = new Set(rows.filter((row) => row.route === route).map(({ name }) => name));

    expect(published.length).toBeGreaterThan(15);
    expect(published.filter((name) => !known.has(name))).toEqual([]);
  });
});

describe("a parameter that is not in the table", () => {
  it.each(routeNames)("is disclosed and goes nowhere: %s", async (route) => {
    const plain = await outcome(route, {});

    expect(await outcome(route, { no_such_thing: 1 })).toEqual({
      ...plain,
      ignored: ["no_such_thing"],
    });
  });

  it.each(routeNames)("is disclosed before a stream too: %s", async (route) => {
    const { status, ignored } = await outcome(route, { stream: true, no_such_thing: 1, user: "u" });

    expect({ status, ignored: ignored.toSorted() }).toEqual({
      status: 200,
      ignored: ["no_such_thing", "user"],
    });
  });
});
