/**
 * Every answer of the relay, whole and streamed, on every route and for every scenario of the
 * stand-in, against OpenAI's published schemas and the order that clients rely on.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenAiRoute } from "../../src/facades/openai/parameters.ts";
import { isJsonObject, type JsonObject } from "../../src/protocol/json.ts";
import { scenarios } from "../../src/simulator/scenarios.ts";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";
import { type Case, cases, endless, refusals, scenarioIn } from "./cases.ts";
import { chunkProblems } from "./chunk-order.ts";
import { orderProblems } from "./event-order.ts";
import { createOpenApi, readSchemas } from "./openapi.ts";
import { completionChunk, relaxations } from "./relaxations.ts";
import { readStream } from "./stream-text.ts";

const published = readSchemas();
const openApi = createOpenApi(published);

interface RouteFacts {
  readonly path: string;
  readonly whole: string;
  body(says: string): JsonObject;
}

const routes: Readonly<Record<OpenAiRoute, RouteFacts>> = {
  responses: {
    path: "/v1/responses",
    whole: "Response",
    body: (says) => ({ model: "gpt-5.5", input: says }),
  },
  chat: {
    path: "/v1/chat/completions",
    whole: "CreateChatCompletionResponse",
    body: (says) => ({ model: "gpt-5.5", messages: [{ role: "user", content: says }] }),
  },
  completions: {
    path: "/v1/completions",
    whole: "CreateCompletionResponse",
    body: (says) => ({ model: "gpt-5.5", prompt: says }),
  },
};
const routeNames = Object.keys(routes) as OpenAiRoute[];

/** A case on one of the routes that have it, at the plain path or at its twin without tools. */
interface Exchange {
  readonly title: string;
  readonly route: OpenAiRoute;
  readonly path: string;
  readonly asked: Case;
  readonly body: JsonObject;
}

const exchanges: readonly Exchange[] = cases.flatMap((asked) =>
  routeNames.flatMap((route) => {
    const fields = asked.fields[route];
    if (fields === undefined) return [];
    const isTwinned = !("tools" in fields || "functions" in fields);
    return ["", ...(isTwinned ? ["/no-tools"] : [])].map((prefix) => {
      const path = prefix + routes[route].path;
      const body = { ...routes[route].body(asked.says), ...fields };
      return { title: `${asked.name} on ${path}`, route, path, asked, body };
    });
  }),
);
const good = exchanges.filter(({ asked }) => asked.ends === "well");
const bad = exchanges.filter(({ asked }) => asked.ends === "badly");

/** For `it.each`, which cuts long values of an object short. */
function titled(list: readonly Exchange[]): (readonly [string, Exchange])[] {
  return list.map((exchange) => [exchange.title, exchange]);
}

let relay: TestRelay;
beforeAll(async () => {
  relay = await startTestRelay({ env: { AIRELAYS_RATE_LIMIT_BURST: "10000" } });
});
afterAll(() => relay.close());

async function whole({ path, body }: Exchange): Promise<{ status: number; body: unknown }> {
  const answer = await relay.post(path, body);
  return { status: answer.status, body: await answer.json() };
}

async function streamed({ path, body }: Exchange, more: JsonObject = {}) {
  const answer = await relay.post(path, { ...body, stream: true, ...more });
  expect(answer.headers.get("content-type")).toBe("text/event-stream");
  return readStream(await answer.text());
}

/** Every value that left the relay as an answer, with the schema that it has to keep. */
async function* allValues(): AsyncGenerator<{ schema: string | undefined; value: JsonObject }> {
  for (const exchange of exchanges) {
    const { route, asked } = exchange;
    if (asked.ends === "well") {
      const { body } = await whole(exchange);
      if (isJsonObject(body)) yield { schema: routes[route].whole, value: body };
    }
    const usage = route === "responses" ? {} : { stream_options: { include_usage: true } };
    for (const value of (await streamed(exchange, usage)).events) {
      yield { schema: schemaOf(route, value), value };
    }
  }
}

/** The schema of an event; undefined where each has its own. */
function schemaOf(route: OpenAiRoute, event: JsonObject): string | undefined {
  if (route === "responses") return undefined;
  if ("error" in event) return "ErrorResponse";
  return route === "chat" ? "CreateChatCompletionStreamResponse" : completionChunk;
}

function eventProblems(route: OpenAiRoute, events: readonly JsonObject[]): string[] {
  return events.flatMap((event) => {
    const schema = schemaOf(route, event);
    return schema === undefined ? openApi.eventProblems(event) : openApi.problems(schema, event);
  });
}

describe("a whole answer", () => {
  it.each(titled(good))("keeps the schema: %s", async (_, exchange) => {
    const { status, body } = await whole(exchange);

    expect(status).toBe(200);
    expect(openApi.problems(routes[exchange.route].whole, body)).toEqual([]);
  });

  it.each(titled(bad))("that cannot be had is an error of the schema: %s", async (_, exchange) => {
    const { status, body } = await whole(exchange);

    expect(status).toBeGreaterThanOrEqual(400);
    expect(openApi.problems("ErrorResponse", body)).toEqual([]);
  });
});

describe("a stream of responses", () => {
  const streams = exchanges.filter(({ route }) => route === "responses");

  it.each(titled(streams))("keeps the schemas and the order: %s", async (_, exchange) => {
    const { events, names, others } = await streamed(exchange);

    expect(eventProblems("responses", events)).toEqual([]);
    expect(orderProblems(events)).toEqual([]);
    expect(names).toEqual(events.map(({ type }) => type));
    expect(others).toEqual([]);
    const isGood = /^response\.(completed|incomplete)$/.test(String(events.at(-1)?.["type"]));
    expect(isGood).toBe(exchange.asked.ends === "well");
  });

  it("turns keepalive events into comments", async () => {
    const [exchange] = streams.filter(({ asked }) => asked.says.includes("keepalive"));
    expect(exchange && (await streamed(exchange)).comments).toHaveLength(3);
  });
});

describe.each([
  { name: "with usage asked for", asksUsage: true },
  { name: "without", asksUsage: false },
])("a stream of chunks, $name", ({ asksUsage }) => {
  const streams = exchanges.filter(({ route }) => route !== "responses");
  const more = asksUsage ? { stream_options: { include_usage: true } } : {};

  it.each(titled(streams))("keeps the schema and the order: %s", async (_, exchange) => {
    const { route, asked } = exchange;
    const stream = await streamed(exchange, more);

    expect(eventProblems(route, stream.events)).toEqual([]);
    const isChat = route === "chat";
    expect(chunkProblems({ stream, isChat, asksUsage, ends: asked.ends })).toEqual([]);
  });
});

describe("an error", () => {
  const asks = refusals.flatMap((says) =>
    routeNames.flatMap((route) =>
      [false, true].map((stream) => ({ says, route, stream, path: routes[route].path })),
    ),
  );

  it.each(asks)("keeps the schema: $says on $path, stream $stream", async (ask) => {
    const body = { ...routes[ask.route].body(ask.says), stream: ask.stream };
    const answer = await relay.post(ask.path, body);

    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    expect(openApi.problems("ErrorResponse", await answer.json())).toEqual([]);
  });

  it.each([
    ["a wrong token", 401, "/v1/models", { headers: { authorization: "Bearer wrong" } }],
    ["a body that is no JSON", 400, "/v1/responses", { method: "POST", body: "{" }],
    ["a body of another type", 415, "/v1/responses", { method: "POST", body: "<a/>", type: "a/b" }],
    ["a missing parameter", 400, "/v1/responses", { method: "POST", body: "{}" }],
    ["another method", 405, "/v1/models", { method: "PUT", body: "{}" }],
    ["an unknown path", 404, "/v1/nothing", {}],
    ["an unknown model", 404, "/v1/models/nothing", {}],
    ["what there is no upstream for", 501, "/v1/embeddings", { method: "POST", body: "{}" }],
  ])("keeps the schema: %s", async (_, status, path, init) => {
    const { type = "application/json", ...rest } = { type: undefined, ...init };
    const answer = await relay.get(path, { headers: { "content-type": type }, ...rest });

    expect(answer.status).toBe(status);
    expect(openApi.problems("ErrorResponse", await answer.json())).toEqual([]);
  });
});

describe("the models", () => {
  it.each(["/v1/models", "/no-tools/v1/models"])("keep the schemas: %s", async (path) => {
    const list = await (await relay.get(path)).json();
    const one = await (await relay.get(`${path}/gpt-5.5-high`)).json();

    expect(openApi.problems("ListModelsResponse", list)).toEqual([]);
    expect(openApi.problems("Model", one)).toEqual([]);
  });
});

describe("the check itself", () => {
  it("asks for every scenario of the stand-in", () => {
    const asked = [...cases.map(({ says }) => says), ...refusals].map(scenarioIn);
    const missing = Object.keys(scenarios).filter(
      (name) => !asked.includes(name) && !endless.includes(name),
    );
    expect(missing).toEqual([]);
  });

  it("needs every relaxation, and nothing beside them", async () => {
    const stricter = relaxations.map((row) => ({
      row,
      check: createOpenApi(
        published,
        relaxations.filter((other) => other !== row),
      ),
    }));
    const needed = new Set<string>();
    for await (const { schema, value } of allValues()) {
      for (const { row, check } of stricter) {
        if (needed.has(row.reason)) continue;
        const problems =
          schema === undefined ? check.eventProblems(value) : check.problems(schema, value);
        if (problems.length > 0) needed.add(row.reason);
      }
    }
    expect(relaxations.filter(({ reason }) => !needed.has(reason))).toEqual([]);
  });
});
