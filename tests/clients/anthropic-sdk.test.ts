/** The official SDK of the other vendor on `/v1/messages`, on counting and on the list of models. */
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";

const model = "gpt-5.5";
const marker = "[airelays stand-in, no AI]";
const max_tokens = 1_000;
const tools = [
  {
    name: "get_weather",
    input_schema: {
      $schema: "http://json-schema.org/draft-07/schema#",
      type: "object" as const,
      properties: { city: { type: "string" } },
      required: ["city"],
    },
  },
];

let relay: TestRelay;
let client: Anthropic;
beforeAll(async () => {
  relay = await startTestRelay({ env: { AIRELAYS_RATE_LIMIT_BURST: "1000" } });
  client = new Anthropic({
    baseURL: relay.url,
    authToken: relay.token,
    apiKey: null,
    maxRetries: 0,
  });
});
afterAll(() => relay.close());

const ask = (content: string) => ({
  model,
  max_tokens,
  messages: [{ role: "user" as const, content }],
});

describe("messages", () => {
  it("answer whole, and tell what had no effect", async () => {
    const { data, response } = await client.messages.create(ask("Say tree.")).withResponse();

    expect(data).toEqual({
      id: expect.stringMatching(/^msg_/),
      type: "message",
      role: "assistant",
      model,
      content: [{ type: "text", text: `${marker} Say tree.` }],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: {
        input_tokens: expect.any(Number),
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: expect.any(Number),
        output_tokens: expect.any(Number),
        output_tokens_details: { thinking_tokens: 0 },
        service_tier: "standard",
      },
    });
    expect(response.headers.get("x-airelays-ignored-parameters")).toBe("max_tokens");
    expect(response.headers.get("request-id")).toMatch(/^req_/);
  });

  it("stream the same message", async () => {
    const stream = client.messages.stream(ask("Say tree."));
    const pieces: string[] = [];
    stream.on("text", (text) => pieces.push(text));

    const whole = await client.messages.create(ask("Say tree."));
    const message = await stream.finalMessage();
    expect(pieces.length).toBeGreaterThan(1);
    expect(message.content).toEqual(whole.content);
    expect(message.stop_reason).toBe("end_turn");
    expect(message.usage).toEqual({ ...whole.usage, cache_read_input_tokens: expect.any(Number) });
  });

  it("cut the text at a stop sequence", async () => {
    const asked = { ...ask("one two three four"), stop_sequences: ["three"] };
    const cut = { stop_reason: "stop_sequence", stop_sequence: "three" };
    const content = [{ type: "text", text: `${marker} one two ` }];

    expect(await client.messages.create(asked)).toMatchObject({ ...cut, content });
    expect(await client.messages.stream(asked).finalMessage()).toMatchObject({ ...cut, content });
  });

  it("answer a `claude-…` name with the default model, and say so", async () => {
    const asked = { ...ask("Hi."), model: "claude-opus-4-5" };
    const { data, response } = await client.messages.create(asked).withResponse();

    expect(data.model).toBe("claude-opus-4-5");
    expect(response.headers.get("x-airelays-model")).toBe("gpt-6.1-sol");
    expect(response.headers.get("x-airelays-adapted-parameters")).toBe("model");
  });

  it("end with an error where the upstream breaks off", async () => {
    const stream = client.messages.stream(ask("[sim:cut after=6]"));
    await expect(stream.finalMessage()).rejects.toMatchObject({
      error: { type: "error", error: { type: "api_error" } },
    });
  });
});

describe("tools", () => {
  it.each(["whole", "streamed"])("are called and take their results (%s)", async (way) => {
    const send = (body: Anthropic.MessageCreateParamsNonStreaming) =>
      way === "whole" ? client.messages.create(body) : client.messages.stream(body).finalMessage();
    const first = await send({ ...ask("[sim:parallel-tool-calls] Weather?"), tools });

    const calls = first.content.filter((block) => block.type === "tool_use");
    expect(first.stop_reason).toBe("tool_use");
    expect(calls.map(({ name, input }) => [name, input])).toEqual([
      ["get_weather", { city: `${marker} city` }],
      ["get_weather", { city: `${marker} city` }],
    ]);

    const second = await send({
      model,
      max_tokens,
      tools,
      messages: [
        { role: "user", content: "[sim:parallel-tool-calls] Weather?" },
        { role: "assistant", content: first.content },
        {
          role: "user",
          content: calls.map(({ id }, index) => ({
            type: "tool_result",
            tool_use_id: id,
            content: `${index} degrees`,
            is_error: index === 1,
          })),
        },
      ],
    });
    expect(second.content).toEqual([
      { type: "text", text: `${marker} The tool said: [The tool failed.]\n1 degrees` },
    ]);
  });

  it("are chosen as the client says", async () => {
    const answer = await client.messages.create({
      ...ask("Weather?"),
      tools,
      tool_choice: { type: "tool", name: "get_weather", disable_parallel_tool_use: true },
    });
    expect(answer.content).toMatchObject([{ type: "tool_use", name: "get_weather" }]);
    expect((await relay.upstreamBodies()).at(-1)).toMatchObject({
      tool_choice: { type: "function", name: "get_weather" },
      parallel_tool_calls: false,
      tools: [{ type: "function", parameters: { type: "object" }, strict: false }],
    });
  });

  it("of the server: a web search is told with its call", async () => {
    const answer = await client.messages.create({
      ...ask("[sim:web-search] News?"),
      tools: [{ type: "web_search_20250305", name: "web_search", allowed_domains: ["a.example"] }],
    });
    expect(answer.content.map(({ type }) => type)).toEqual([
      "server_tool_use",
      "web_search_tool_result",
      "text",
    ]);
    expect(answer.usage.server_tool_use?.web_search_requests).toBe(1);
    expect((await relay.upstreamBodies()).at(-1)).toMatchObject({
      tools: [{ type: "web_search", filters: { allowed_domains: ["a.example"] } }],
    });
  });
});

describe("thinking", () => {
  it("goes out signed, and comes back to the upstream as its own reasoning", async () => {
    const thinking = { type: "enabled" as const, budget_tokens: 4_000 };
    const question = "[sim:reasoning] Why?";
    const first = await client.messages.stream({ ...ask(question), thinking }).finalMessage();

    const [thought, text] = first.content;
    expect(thought).toMatchObject({ type: "thinking", signature: expect.stringMatching(/^ar1\./) });
    expect(text).toMatchObject({ type: "text" });

    await client.messages.create({
      model,
      max_tokens,
      thinking,
      messages: [
        { role: "user", content: question },
        { role: "assistant", content: first.content },
        { role: "user", content: "And then?" },
      ],
    });
    const body = (await relay.upstreamBodies()).at(-1);
    expect(body).toMatchObject({ reasoning: { effort: "medium", summary: "auto" } });
    expect((body as { input: object[] }).input[1]).toMatchObject({
      type: "reasoning",
      encrypted_content: expect.stringMatching(/^gAAAAAB/),
    });
  });

  it("is not in the answer of a client that did not ask for it", async () => {
    const { content } = await client.messages.create(ask("[sim:reasoning] Why?"));
    expect(content.map(({ type }) => type)).toEqual(["text"]);
  });

  it("that is switched off asks for the least that the model has", async () => {
    const { response } = await client.messages
      .create({ ...ask("Hi."), thinking: { type: "disabled" } })
      .withResponse();
    expect((await relay.upstreamBodies()).at(-1)).toMatchObject({ reasoning: { effort: "low" } });
    expect(response.headers.get("x-airelays-adapted-parameters")).toBe("thinking");
  });
});

describe("counting", () => {
  it("is a guess that grows with the text, asks no upstream, and says that it is one", async () => {
    const before = (await relay.upstreamBodies()).length;
    const count = (content: string) =>
      client.messages.countTokens({ model, messages: [{ role: "user", content }] }).withResponse();

    const short = await count("Hi.");
    const long = await count("word ".repeat(400));
    expect(short.data).toEqual({ input_tokens: 5 });
    expect(long.data.input_tokens).toBeGreaterThan(400);
    expect(short.response.headers.get("x-airelays-estimated")).toBe("input_tokens");
    expect(await relay.upstreamBodies()).toHaveLength(before);
  });

  it("refuses what could not be sent", async () => {
    await expect(client.messages.countTokens({ model, messages: [] })).rejects.toMatchObject({
      status: 400,
      error: { error: { type: "invalid_request_error" } },
    });
  });
});

describe("the list of models", () => {
  it("comes by pages, with names that Claude Code offers", async () => {
    const ids: string[] = [];
    for await (const { id, type } of client.models.list({ limit: 7 })) {
      expect(type).toBe("model");
      ids.push(id);
    }
    expect(ids).toEqual(expect.arrayContaining([model, "gpt-5.5-high", "claude-airelays-gpt-5.5"]));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("has one model by either name, which answers", async () => {
    const id = "claude-airelays-gpt-5.5";
    expect(await client.models.retrieve(id)).toMatchObject({ id, display_name: "gpt-5.5" });
    const { data, response } = await client.messages
      .create({ ...ask("Hi."), model: id })
      .withResponse();
    expect(data.model).toBe(id);
    expect(response.headers.get("x-airelays-adapted-parameters")).toBeNull();
    await expect(client.models.retrieve("nothing")).rejects.toMatchObject({
      status: 404,
      error: { type: "error", error: { type: "not_found_error" } },
    });
  });
});

describe("errors", () => {
  const failing: readonly (readonly [string, number, string])[] = [
    ["bad-request", 400, "invalid_request_error"],
    ["model-not-supported", 404, "not_found_error"],
    ["unauthorized", 401, "authentication_error"],
    ["deactivated-workspace", 403, "permission_error"],
    ["not-found", 404, "not_found_error"],
    ["usage-limit", 429, "rate_limit_error"],
    ["rate-limit", 429, "rate_limit_error"],
    ["server-error", 502, "api_error"],
    ["bad-gateway", 502, "api_error"],
    ["overloaded", 529, "overloaded_error"],
    ["early-failed", 502, "api_error"],
    ["context-length", 400, "invalid_request_error"],
  ];

  it.each(failing)(
    "of the upstream (%s) have the status %i and the type %s",
    async (name, status, type) => {
      const { error } = await failure(client.messages.create(ask(`[sim:${name}]`)));
      expect({ status: error.status, type: error.type }).toEqual({ status, type });
      expect(error.requestID).toMatch(/^req_/);
    },
  );

  it("of a spent plan tell that it is no use to try again", async () => {
    const { error } = await failure(client.messages.create(ask("[sim:usage-limit]")));
    expect(error.headers?.get("x-should-retry")).toBe("false");
    expect(error.message).toMatch(/reached\. The plan's window opens again at 20\S+ \S+ UTC\./);
  });

  it("of a conversation that is too long are in the words that make clients compact it", async () => {
    const { error } = await failure(client.messages.create(ask("[sim:context-length]")));
    expect(error.message).toContain("prompt is too long");
  });

  it("of a wrong token and of an unknown path have the envelope too", async () => {
    const stranger = new Anthropic({ baseURL: relay.url, apiKey: "wrong", maxRetries: 0 });
    const refused = await failure(stranger.messages.create(ask("Hi.")));
    expect(refused.error).toMatchObject({ status: 401, type: "authentication_error" });

    for (const [method, path, status, type] of [
      ["GET", "/v1/messages", 405, "invalid_request_error"],
      ["POST", "/v1/messages/batches", 404, "not_found_error"],
      ["POST", "/no-tools/v1/messages/batches", 404, "not_found_error"],
    ] as const) {
      const answer = await relay.get(path, { method });
      expect([path, answer.status, await answer.json()]).toEqual([
        path,
        status,
        {
          type: "error",
          error: { type, message: expect.any(String) },
          request_id: answer.headers.get("request-id"),
        },
      ]);
    }
  });
});

/** The error of a call that has to fail. */
async function failure(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Anthropic.APIError)) throw new Error(`It did not fail: ${String(error)}`);
  return { error };
}

describe("the turns of a session", () => {
  it("share a cache key, by Claude Code's header", async () => {
    const headers = { "x-claude-code-session-id": "981e513d-c357-401b-a360-5c1ebe390ccd" };
    await client.messages.create(ask("One."), { headers });
    await client.messages.create(ask("Two."), { headers });
    const [one, two] = (await relay.upstreamBodies()).slice(-2);
    expect(two?.["prompt_cache_key"]).toEqual(one?.["prompt_cache_key"]);
  });
});

describe("probes", () => {
  it("of Claude Code are answered at once, without a token", async () => {
    for (const path of ["/", "/api/hello"]) {
      expect((await fetch(`${relay.url}${path}`, { method: "HEAD" })).status).toBe(200);
    }
  });
});
