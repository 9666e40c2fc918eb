import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { objectAt } from "../../src/simulator/json.ts";
import { bodyOf, callerHeaders, startStandIn, turnBody, user } from "./stand-in.ts";

const path = "/backend-api/codex/responses";
const call = { type: "function_call", call_id: "call_1", name: "look", arguments: "{}" };
const output = { type: "function_call_output", call_id: "call_1", output: "seen" };
const look = { type: "function", name: "look", parameters: { type: "object", properties: {} } };
const detail = (text: string) => ({ detail: text });
const engine = (message: string, param: string | null, code: string | null = null) => ({
  error: { message, type: "invalid_request_error", param, code },
});
const strictSchema = (schema: unknown) => ({
  format: { type: "json_schema", name: "answer", strict: true, schema },
});

describe("who may ask", () => {
  it("refuses a request without a token, with an unknown one, and without the account", async () => {
    const standIn = await startStandIn();
    const headers = callerHeaders(await standIn.signIn());
    const bodies = await Promise.all(
      [
        {},
        { ...headers, authorization: "Bearer made-up" },
        { authorization: headers["authorization"] ?? "" },
        { ...headers, "chatgpt-account-id": "another" },
      ].map(async (sent) => {
        const answer = await standIn.postJson(path, turnBody(), sent);
        return [answer.status, await answer.json()];
      }),
    );
    expect(bodies).toEqual([
      [401, detail("Unauthorized")],
      [
        401,
        engine(
          "Your authentication token has been invalidated. Please try signing in again.",
          null,
          "token_invalidated",
        ),
      ],
      [401, detail("Unauthorized")],
      [403, { detail: { code: "invalid_workspace", message: expect.any(String) } }],
    ]);
  });

  it("refuses an access token after its lifetime", async () => {
    const standIn = await startStandIn({ accessTokenLifetimeSeconds: 60 });
    expect((await standIn.turn()).status).toBe(200);
    standIn.advance(60);
    const answer = await standIn.turn();
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual(
      engine(
        "Provided authentication token is expired. Please try signing in again.",
        null,
        "token_expired",
      ),
    );
  });

  it("refuses issued access tokens after the fault, not later ones", async () => {
    const standIn = await startStandIn();
    await standIn.turn();
    await standIn.postJson("/simulator/faults", { access_tokens: "expire" });
    expect(await bodyOf(await standIn.turn())).toMatchObject({ error: { code: "token_expired" } });
    await standIn.postJson("/simulator/faults", { access_tokens: "revoke" });
    const revoked = await standIn.turn();
    expect(
      JSON.parse(Buffer.from(revoked.headers.get("x-error-json") ?? "", "base64").toString()),
    ).toEqual(await revoked.json());
    const fresh = await standIn.postJson(path, turnBody(), callerHeaders(await standIn.signIn()));
    expect(fresh.status).toBe(200);
  });
});

describe("refusals of a turn, in the words of the real one", () => {
  it.each<[string, Record<string, unknown>, number, unknown]>([
    ["stream left out", { stream: false }, 400, detail("Stream must be set to true")],
    ["store on", { store: true }, 400, detail("Store must be set to false")],
    ["store left out", { store: undefined }, 400, detail("Store must be set to false")],
    [
      "two unknown parameters, the first",
      { temperature: 1, user: "x" },
      400,
      detail("Unsupported parameter: temperature"),
    ],
    [
      "max_output_tokens",
      { max_output_tokens: 5 },
      400,
      detail("Unsupported parameter: max_output_tokens"),
    ],
    [
      "previous_response_id",
      { previous_response_id: "resp_1" },
      400,
      detail("Unsupported parameter: previous_response_id"),
    ],
    [
      "include_usage",
      { stream_options: { include_usage: true } },
      400,
      detail("Unsupported parameter: stream_options.include_usage"),
    ],
    [
      "another service tier",
      { service_tier: "flex" },
      400,
      detail("Unsupported service_tier: flex"),
    ],
    [
      "another model",
      { model: "gpt-4o" },
      400,
      detail("The 'gpt-4o' model is not supported when using Codex with a ChatGPT account."),
    ],
    [
      "a system message",
      { input: [{ role: "system", content: "x" }] },
      400,
      detail("System messages are not allowed"),
    ],
    ["input that is a string", { input: "hello" }, 400, detail("Input must be a list")],
    [
      "an item of a type that is nobody's",
      { input: [{ type: "constructor" }] },
      400,
      expect.objectContaining({
        error: expect.objectContaining({ param: "input[0].type", code: "invalid_value" }),
      }),
    ],
    [
      "a role of nobody",
      { input: [{ role: "tool", content: "x" }] },
      400,
      engine(
        "Invalid value: 'tool'. Supported values are: 'assistant', 'developer', and 'user'.",
        "input[0].role",
        "invalid_value",
      ),
    ],
    [
      "a part of chat completions",
      { input: [{ role: "user", content: [{ type: "text", text: "x" }] }] },
      400,
      engine(
        "Invalid value: 'text'. Supported values are: 'input_text', 'input_image', 'input_file', and 'input_audio'.",
        "input[0].content[0].type",
        "invalid_value",
      ),
    ],
    [
      "a message without content",
      { input: [{ role: "user" }] },
      400,
      engine(
        "Missing required parameter: 'input[0].content'.",
        "input[0].content",
        "missing_required_parameter",
      ),
    ],
    [
      "an image that is no URL",
      { input: [{ role: "user", content: [{ type: "input_image", image_url: "cat.png" }] }] },
      400,
      engine(
        "Invalid 'input[0].content[0].image_url'. Expected a valid URL, but got a value with an invalid format.",
        "input[0].content[0].image_url",
        "invalid_value",
      ),
    ],
    [
      "a call without its output",
      { input: [user("x"), call] },
      400,
      engine("No tool output found for function call call_1.", "input"),
    ],
    [
      "an output without its call",
      { input: [user("x"), output] },
      400,
      engine("No tool call found for function call output with call_id call_1.", "input"),
    ],
    [
      "an id of another kind",
      { input: [{ ...call, id: "call_1" }, output] },
      400,
      engine(
        "Invalid 'input[0].id': 'call_1'. Expected an ID that begins with 'fc'.",
        "input[0].id",
        "invalid_value",
      ),
    ],
    [
      "reasoning without summary",
      { input: [{ type: "reasoning", encrypted_content: "x" }] },
      400,
      engine(
        "Missing required parameter: 'input[0].summary'.",
        "input[0].summary",
        "missing_required_parameter",
      ),
    ],
    [
      "reasoning by id alone",
      { input: [{ type: "reasoning", id: "rs_1", summary: [] }] },
      404,
      engine(
        "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.",
        "input",
      ),
    ],
    [
      "an item by reference",
      { input: [{ type: "item_reference", id: "msg_1" }] },
      404,
      engine(
        "Item with id 'msg_1' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.",
        "input",
      ),
    ],
    [
      "a hosted tool that it lacks",
      { tools: [{ type: "web_search_preview" }] },
      400,
      engine(
        "Invalid value: 'web_search_preview'. Supported values are: 'function', 'custom', 'namespace', 'web_search', 'image_generation', and 'tool_search'.",
        "tools[0].type",
        "invalid_value",
      ),
    ],
    [
      "a function nested as in chat",
      { tools: [{ type: "function", function: { name: "look" } }] },
      400,
      engine(
        "Missing required parameter: 'tools[0].name'.",
        "tools[0].name",
        "missing_required_parameter",
      ),
    ],
    [
      "a long function name",
      { tools: [{ ...look, name: "n".repeat(65) }] },
      400,
      engine(
        "Invalid 'tools[0].name': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
        "tools[0].name",
        "string_above_max_length",
      ),
    ],
    [
      "a strict function that is open",
      { tools: [{ ...look, strict: true }] },
      400,
      engine(
        "Invalid schema for function 'look': In context=(), 'additionalProperties' is required to be supplied and to be false.",
        "tools[0].parameters",
        "invalid_function_parameters",
      ),
    ],
    [
      "a choice nobody declared",
      { tools: [look], tool_choice: { type: "function", name: "other" } },
      400,
      engine("Tool choice 'other' not found in 'tools' parameter.", "tool_choice"),
    ],
    [
      "a choice nested as in chat",
      { tools: [look], tool_choice: { type: "function", function: { name: "look" } } },
      400,
      engine(
        "Missing required parameter: 'tool_choice.name'.",
        "tool_choice.name",
        "missing_required_parameter",
      ),
    ],
    [
      "a forced choice of no tool",
      { tool_choice: "required" },
      400,
      engine("Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice"),
    ],
    [
      "an effort of no model",
      { reasoning: { effort: "ultra-high" } },
      400,
      engine(
        "Invalid value: 'ultra-high'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'.",
        "reasoning.effort",
        "invalid_value",
      ),
    ],
    [
      "an effort of other models",
      { reasoning: { effort: "minimal" } },
      400,
      engine(
        "Unsupported value: 'minimal' is not supported with the 'gpt-5.5' model. Supported values are: 'low', 'medium', 'high', and 'xhigh'.",
        "reasoning.effort",
        "unsupported_value",
      ),
    ],
    [
      "reasoning.mode",
      { reasoning: { mode: "x" } },
      400,
      engine("Unknown parameter: 'reasoning.mode'.", "reasoning.mode", "unknown_parameter"),
    ],
    [
      "another verbosity",
      { text: { verbosity: "loud" } },
      400,
      engine(
        "Invalid value: 'loud'. Supported values are: 'low', 'medium', and 'high'.",
        "text.verbosity",
        "invalid_value",
      ),
    ],
    [
      "a strict schema with an optional key",
      {
        text: strictSchema({
          type: "object",
          properties: { a: { type: "string" } },
          required: [],
          additionalProperties: false,
        }),
      },
      400,
      engine(
        "Invalid schema for response_format 'answer': In context=(), 'required' is required to be supplied and to be an array including every key in properties. Missing 'a'.",
        "text.format.schema",
        "invalid_json_schema",
      ),
    ],
    [
      "json_object without the word",
      { text: { format: { type: "json_object" } } },
      400,
      engine(
        "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
        "input",
      ),
    ],
    [
      "another include",
      { include: ["usage"] },
      400,
      expect.objectContaining({
        error: expect.objectContaining({ param: "include[0]", code: "invalid_value" }),
      }),
    ],
    [
      "a long cache key",
      { prompt_cache_key: "k".repeat(65) },
      400,
      engine(
        "Invalid 'prompt_cache_key': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
        "prompt_cache_key",
        "string_above_max_length",
      ),
    ],
  ])("refuses %s", async (_, changes, status, body) => {
    const standIn = await startStandIn();
    const answer = await standIn.turn(changes);
    expect({
      status: answer.status,
      type: answer.headers.get("content-type"),
      body: await answer.json(),
    }).toEqual({
      status,
      type: "application/json",
      body,
    });
  });

  it("checks what is sent with the lite header against the lite contract", async () => {
    const standIn = await startStandIn();
    const lite = { "x-openai-internal-codex-responses-lite": "true" };
    const good = { parallel_tool_calls: false, reasoning: { context: "all_turns" } };
    const tools = (types: readonly object[]) => [
      { type: "additional_tools", role: "developer", tools: types },
      user("x"),
    ];
    const messageOf = async (changes: Record<string, unknown>) => {
      const answer = await standIn.turn({ model: "gpt-6-sol", ...changes }, lite);
      if (answer.status === 200) return "taken";
      return objectAt(await bodyOf(answer), "error")["message"];
    };
    expect([
      await messageOf({ reasoning: good.reasoning }),
      await messageOf({ parallel_tool_calls: false }),
      await messageOf({ ...good, input: tools([{ type: "web_search" }]) }),
      await messageOf({ ...good, input: tools([look]) }),
    ]).toEqual([
      "X-OpenAI-Internal-Codex-Responses-Lite requires `parallel_tool_calls` to be false.",
      "X-OpenAI-Internal-Codex-Responses-Lite requires `reasoning.context` to be `all_turns`.",
      "X-OpenAI-Internal-Codex-Responses-Lite only supports function tools, custom tools, and client-executed tool search.",
      "taken",
    ]);
  });

  it.each([
    ["text/plain", "{}", "Unsupported content type"],
    ["application/json", "not json", "Bad Request"],
    ["application/json", "[]", "Bad Request"],
  ])("refuses a body of %s that is %s", async (type, body, text) => {
    const standIn = await startStandIn();
    const headers = { ...callerHeaders(await standIn.signIn()), "content-type": type };
    const answer = await fetch(standIn.simulator.url + path, { method: "POST", headers, body });
    expect([answer.status, await answer.json()]).toEqual([400, detail(text)]);
  });

  it("undoes gzip, and names an encoding that it cannot undo", async () => {
    const standIn = await startStandIn();
    const headers = {
      ...callerHeaders(await standIn.signIn()),
      "content-type": "application/json",
    };
    const send = (encoding: string, body: Buffer) =>
      fetch(standIn.simulator.url + path, {
        method: "POST",
        headers: { ...headers, "content-encoding": encoding },
        body: new Uint8Array(body),
      });
    const packed = gzipSync(JSON.stringify(turnBody()));
    expect((await send("gzip", packed)).status).toBe(200);
    expect((await send("gzip", Buffer.from("not gzip"))).status).toBe(400);
    const other = await send("lzma", packed);
    expect(other.status).toBe(415);
    expect((await bodyOf(other))["detail"]).toContain("Unsupported content encoding: lzma.");
  });
});

describe("the other endpoints", () => {
  it("lists the models that the client's version may see, with an etag", async () => {
    const standIn = await startStandIn();
    const headers = callerHeaders(await standIn.signIn());
    const list = async (version: string) => {
      const answer = await standIn.get(
        `/backend-api/codex/models?client_version=${version}`,
        headers,
      );
      const { models } = (await answer.json()) as { models: Record<string, unknown>[] };
      return {
        etag: answer.headers.get("etag"),
        slugs: models.map((model) => model["slug"]),
        models,
      };
    };
    const all = await list("0.169.0");
    expect(all.slugs.slice(0, 2)).toEqual(["gpt-6.1-sol", "gpt-6-astra"]);
    expect(all.models.find((model) => model["slug"] === "gpt-5.5")).toMatchObject({
      visibility: "list",
      use_responses_lite: false,
      default_reasoning_level: "medium",
      context_window: 272_000,
      max_context_window: 272_000,
    });
    expect(all.etag).toMatch(/^W\/"/);
    expect((await list("0.130.0")).slugs).toEqual(["gpt-5.5", "gpt-5.4-mini"]);
    expect((await standIn.turn()).headers.get("x-models-etag")).toBe(all.etag);
    expect((await standIn.get("/backend-api/codex/models", headers)).status).toBe(400);
  });

  it("tells the usage, and a spent plan after the fault", async () => {
    const standIn = await startStandIn({ quota: "weekly" });
    const headers = callerHeaders(await standIn.signIn());
    const usage = async () =>
      (await bodyOf(await standIn.get("/backend-api/wham/usage", headers)))["rate_limit"];
    const reset_at = Date.UTC(2026, 10, 20) / 1000 + 282_600;
    const window = { limit_window_seconds: 604_800, reset_after_seconds: 282_600, reset_at };
    expect(await usage()).toEqual({
      allowed: true,
      limit_reached: false,
      primary_window: { used_percent: 34, ...window },
      secondary_window: null,
    });
    await standIn.postJson("/simulator/faults", { usage: "exhausted" });
    expect(await usage()).toEqual({
      allowed: false,
      limit_reached: true,
      primary_window: { used_percent: 100, ...window },
      secondary_window: null,
    });
    const refused = await standIn.turn();
    expect(refused.status).toBe(429);
    expect(await refused.json()).toEqual({
      error: {
        type: "usage_limit_reached",
        message: "The usage limit has been reached",
        plan_type: "pro",
        resets_at: reset_at,
        eligible_promo: null,
        resets_in_seconds: 282_600,
        limit_window_minutes: 10_080,
      },
    });
    expect(refused.headers.get("x-codex-primary-used-percent")).toBe("100");
  });

  it("sends an absent window as zeros and an empty reset, and Python's booleans", async () => {
    const weekly = (await (await startStandIn({ quota: "weekly" })).turn()).headers;
    const both = (await (await startStandIn()).turn()).headers;
    const read = (headers: Headers, names: readonly string[]) =>
      names.map((name) => headers.get(`x-codex-${name}`));
    const secondary = [
      "secondary-used-percent",
      "secondary-window-minutes",
      "secondary-reset-at",
      "secondary-reset-after-seconds",
    ];
    expect(read(weekly, ["primary-window-minutes", ...secondary])).toEqual([
      "10080",
      "0",
      "0",
      "",
      "0",
    ]);
    expect(read(both, ["primary-window-minutes", "secondary-window-minutes"])).toEqual([
      "300",
      "10080",
    ]);
    expect(read(both, ["credits-has-credits", "bengalfox-limit-name"])).toEqual([
      "False",
      "GPT-5.3-Codex-Spark",
    ]);
  });

  it("routes the account without a constraint, and answers the small ones", async () => {
    const standIn = await startStandIn();
    const headers = callerHeaders(await standIn.signIn());
    const get = async (path: string) => (await standIn.get(`/backend-api${path}`, headers)).json();
    expect(await get("/wham/accounts/check")).toMatchObject({
      accounts: [{ workspace_backend_origin: "NO_CONSTRAINT" }],
      default_account_id: headers["chatgpt-account-id"],
    });
    expect(await get("/wham/settings/user")).toMatchObject({ user_id: "user-StandInNobody" });
    expect(await get("/wham/rate-limit-reset-credits")).toMatchObject({ available_count: 0 });
    expect(await get("/wham/other")).toEqual(detail("Not Found"));
    expect(await get("/codex/responses")).toEqual(detail("Method Not Allowed"));
  });

  it("compacts a history, and refuses what a turn would need", async () => {
    const standIn = await startStandIn();
    const headers = callerHeaders(await standIn.signIn());
    const compact = async (changes: Record<string, unknown>) => {
      const answer = await standIn.postJson(
        `${path}/compact`,
        { model: "gpt-5.5", input: [user("x"), call, output], instructions: "", ...changes },
        headers,
      );
      return [answer.status, await answer.json()];
    };
    expect(await compact({})).toEqual([
      200,
      {
        output: [
          user("x"),
          {
            id: expect.stringMatching(/^cmp_/),
            type: "compaction",
            encrypted_content: expect.any(String),
          },
        ],
      },
    ]);
    expect(await compact({ store: false })).toEqual([
      400,
      engine("Unknown parameter: 'store'.", "store", "unknown_parameter"),
    ]);
    expect(await compact({ instructions: undefined })).toEqual([
      400,
      engine(
        "Missing required parameter: 'instructions'.",
        "instructions",
        "missing_required_parameter",
      ),
    ]);
  });
});
