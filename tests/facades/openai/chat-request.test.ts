import { describe, expect, it } from "vitest";
import { isRelayError } from "../../../src/errors.ts";
import { decodeChat } from "../../../src/facades/openai/chat-request.ts";

const user = { role: "user", content: "Hi" };
const userItem = { type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] };

function decode(body: Record<string, unknown>) {
  return decodeChat({ model: "gpt-5.5", messages: [user], ...body }, "none");
}

/** The parameter and the code of the refusal. */
function refusal(body: Record<string, unknown>): readonly [string | undefined, string] {
  try {
    decode(body);
  } catch (error) {
    if (isRelayError(error)) return [error.details.param, error.code];
    throw error;
  }
  throw new Error("The body was accepted.");
}

describe("messages", () => {
  it("takes system and developer messages before the conversation for instructions", () => {
    const { request } = decode({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "developer", content: [{ type: "text", text: "Be kind." }] },
        user,
      ],
    });
    expect(request).toEqual({
      model: "gpt-5.5",
      instructions: "Be brief.\n\nBe kind.",
      input: [userItem],
    });
  });

  it("keeps a later system message in its place, as a developer message", () => {
    const { request } = decode({ messages: [user, { role: "system", content: "Now in French." }] });
    expect(request).toEqual({
      model: "gpt-5.5",
      input: [
        userItem,
        {
          type: "message",
          role: "developer",
          content: [{ type: "input_text", text: "Now in French." }],
        },
      ],
    });
  });

  it("takes back what the SDK sends after tool calls: content null, calls and results", () => {
    const call = (id: string) => ({
      id,
      type: "function",
      function: { name: "look_up", arguments: '{"q":1}' },
    });
    const { request } = decode({
      messages: [
        user,
        { role: "assistant", content: null, refusal: null, tool_calls: [call("a"), call("b")] },
        { role: "tool", tool_call_id: "a", content: "one" },
        { role: "tool", tool_call_id: "b", content: [{ type: "text", text: "two" }] },
      ],
    });
    const callItem = (call_id: string) => ({
      type: "function_call",
      call_id,
      name: "look_up",
      arguments: '{"q":1}',
    });
    expect(request.input).toEqual([
      userItem,
      callItem("a"),
      callItem("b"),
      { type: "function_call_output", call_id: "a", output: "one" },
      { type: "function_call_output", call_id: "b", output: "two" },
    ]);
  });

  it("keeps the text and the refusal of assistant messages", () => {
    const { request } = decode({
      messages: [user, { role: "assistant", content: "Yes.", refusal: "But not that." }],
    });
    expect(request.input[1]).toEqual({
      type: "message",
      role: "assistant",
      content: [
        { type: "output_text", text: "Yes." },
        { type: "refusal", refusal: "But not that." },
      ],
    });
  });

  it.each([
    ["an object", { type: "image_url", image_url: { url: "data:x", detail: "low" } }, "low"],
    ["a string", { type: "image_url", image_url: "data:x" }, "auto"],
  ])("takes an image whose `image_url` is %s", (_what, part, detail) => {
    const { request } = decode({ messages: [{ role: "user", content: [part] }] });
    expect(request.input).toEqual([
      {
        type: "message",
        role: "user",
        content: [{ type: "input_image", image_url: "data:x", detail }],
      },
    ]);
  });

  it.each([
    [{ messages: [] }, "messages", "invalid_request"],
    [{ messages: ["Hi"] }, "messages[0]", "invalid_request"],
    [{ messages: [{ role: "robot", content: "" }] }, "messages[0].role", "invalid_request"],
    [{ messages: [{ role: "user", content: 3 }] }, "messages[0].content", "invalid_request"],
    [
      { messages: [{ role: "user", content: [{ type: "input_audio" }] }] },
      "messages[0].content[0].type",
      "unsupported_parameter",
    ],
    [{ messages: [{ role: "tool", content: "x" }] }, "messages[0].tool_call_id", "invalid_request"],
    [{ model: "" }, "model", "invalid_request"],
    [{ model: 3 }, "model", "invalid_request"],
  ])("refuses %j naming `%s`", (body, param, code) => {
    expect(refusal(body)).toEqual([param, code]);
  });
});

describe("messages of other kinds", () => {
  it("takes files by id or by content, nested as on chat or flat", () => {
    const content = [
      { type: "file", file: { file_id: "file_1" } },
      { type: "file", file: { file_data: "data:x", filename: "a.pdf" } },
      { type: "input_file", file_id: "file_2" },
      { type: "image_url", image_url: { file_id: "file_3" } },
    ];
    expect(decode({ messages: [{ role: "user", content }] }).request.input).toEqual([
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_file", file_id: "file_1" },
          { type: "input_file", file_data: "data:x", filename: "a.pdf" },
          { type: "input_file", file_id: "file_2" },
          { type: "input_image", file_id: "file_3", detail: "auto" },
        ],
      },
    ]);
  });

  it("tells the results of custom tools from those of functions", () => {
    const { request } = decode({
      messages: [
        user,
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "a", type: "custom", custom: { name: "patch", input: "*** x" } }],
        },
        { role: "tool", tool_call_id: "a", content: "ok" },
      ],
    });
    expect(request.input.slice(1)).toEqual([
      { type: "custom_tool_call", call_id: "a", name: "patch", input: "*** x" },
      { type: "custom_tool_call_output", call_id: "a", output: "ok" },
    ]);
  });

  it("gives legacy function calls an id, and their results the same", () => {
    const { request, options } = decode({
      functions: [{ name: "f" }],
      function_call: { name: "f" },
      messages: [
        user,
        { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
        { role: "function", name: "f", content: "done" },
      ],
    });
    expect(request.input.slice(1)).toEqual([
      { type: "function_call", call_id: "call_1", name: "f", arguments: "{}" },
      { type: "function_call_output", call_id: "call_1", output: "done" },
    ]);
    expect(request.tool_choice).toEqual({ type: "function", name: "f" });
    expect(options.isLegacy).toBe(true);
  });

  it("keeps an image in a tool's result", () => {
    const image = { type: "image_url", image_url: { url: "data:x" } };
    const { request } = decode({
      messages: [
        { role: "tool", tool_call_id: "a", content: [{ type: "text", text: "t" }, image] },
      ],
    });
    expect(request.input[0]?.["output"]).toEqual([
      { type: "input_text", text: "t" },
      { type: "input_image", image_url: "data:x", detail: "auto" },
    ]);
  });

  it("discloses names once", () => {
    const named = { role: "user", name: "Ann", content: "Hi" };
    expect(decode({ messages: [named, named] }).changes).toMatchObject([
      { kind: "ignored", parameter: "messages.name" },
    ]);
  });

  it("discloses audio of earlier answers, and an `input` beside the messages", () => {
    const spoken = { role: "assistant", content: "Hi", audio: { id: "a" } };
    const { changes } = decode({ messages: [user, spoken], input: "Hi" });
    expect(changes.map(({ parameter }) => parameter)).toEqual(["input", "messages.audio"]);
  });

  it("understands a Responses body that an editor posts to chat", () => {
    const body = {
      model: "gpt-5.5",
      input: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hi" },
      ],
      tools: [
        { type: "function", name: "f", parameters: { type: "object" }, strict: true },
        { type: "custom", name: "patch", format: { type: "grammar", syntax: "lark" } },
      ],
      reasoning: { effort: "high" },
      text: { verbosity: "low" },
      max_output_tokens: 9,
    };
    const { request, changes } = decodeChat(body, "none");
    expect(request).toMatchObject({
      input: [
        { role: "developer", content: "Be brief." },
        { role: "user", content: "Hi" },
      ],
      tools: [{ name: "f" }, { type: "custom", name: "patch" }],
      reasoning: { effort: "high" },
      text: { verbosity: "low" },
      max_output_tokens: 9,
    });
    expect(changes).toMatchObject([{ kind: "adapted", parameter: "input[0].role" }]);
  });
});

describe("tools and formats", () => {
  it("takes grammars, searches and image tools", () => {
    const grammar = { definition: "start: x", syntax: "lark" };
    const { request } = decode({
      tools: [
        { type: "custom", custom: { name: "g", format: { type: "grammar", grammar } } },
        { type: "web_search_preview", search_context_size: "low" },
        { type: "image_generation" },
      ],
      web_search_options: { user_location: { approximate: { city: "Oslo" } } },
    });
    expect(request.tools).toEqual([
      { type: "custom", name: "g", format: { type: "grammar", ...grammar } },
      { type: "web_search", search_context_size: "low" },
      { type: "image_generation" },
      { type: "web_search", user_location: { type: "approximate", city: "Oslo" } },
    ]);
  });

  it("asks for a summary where one is shown, and for the one that the client wants", () => {
    const shown = (body: object) =>
      decodeChat({ model: "m", messages: [user], ...body }, "reasoning_content").request.reasoning;
    expect(shown({})).toEqual({ summary: "auto" });
    expect(shown({ reasoning: { summary: "detailed" } })).toEqual({ summary: "detailed" });
    expect(decode({}).request.reasoning).toBeUndefined();
  });

  it("completes a strict schema, and says so", () => {
    const schema = { type: "object", properties: { a: { type: "string" } } };
    const json_schema = { name: "n", strict: true, schema };
    const { request, changes } = decode({ response_format: { type: "json_schema", json_schema } });
    expect(request.text?.format).toMatchObject({ schema: { required: ["a"] } });
    expect(changes).toMatchObject([
      { kind: "adapted", parameter: "response_format.json_schema.schema" },
    ]);
  });

  it.each([
    ["nested", { type: "function", function: { name: "f", description: "d", strict: true } }],
    ["flat", { type: "function", name: "f", description: "d", strict: true }],
  ])("takes a function that is %s", (_form, tool) => {
    expect(decode({ tools: [tool], tool_choice: "required" }).request).toMatchObject({
      tools: [
        {
          type: "function",
          name: "f",
          description: "d",
          strict: true,
          parameters: { type: "object", properties: {} },
        },
      ],
      tool_choice: "required",
    });
  });

  it("says `strict: false` for a function that does not say, as chat completions means it", () => {
    const { request } = decode({ tools: [{ type: "function", function: { name: "f" } }] });
    expect(request.tools?.[0]?.["strict"]).toBe(false);
  });

  it("takes the choice of one function", () => {
    const tool_choice = { type: "function", function: { name: "f" } };
    expect(decode({ tool_choice }).request.tool_choice).toEqual({ type: "function", name: "f" });
  });

  it("takes a JSON schema, effort and verbosity", () => {
    const { request } = decode({
      response_format: {
        type: "json_schema",
        json_schema: { name: "n", strict: true, schema: { type: "object" } },
      },
      reasoning_effort: "high",
      verbosity: "low",
    });
    expect(request).toMatchObject({
      text: {
        format: { type: "json_schema", name: "n", strict: true, schema: { type: "object" } },
        verbosity: "low",
      },
      reasoning: { effort: "high" },
    });
  });

  it.each([
    [{ tools: [{ type: "file_search" }] }, "tools[0].type", "unsupported_parameter"],
    [{ tools: [{ type: "function", function: {} }] }, "tools[0].function.name", "invalid_request"],
    [{ tool_choice: "sometimes" }, "tool_choice", "invalid_request"],
    [{ response_format: { type: "json_object" } }, "response_format.type", "unsupported_parameter"],
    [
      { response_format: { type: "json_schema" } },
      "response_format.json_schema",
      "invalid_request",
    ],
    [{ n: 2 }, "n", "unsupported_parameter"],
    [{ n: [] }, "n", "unsupported_parameter"],
    [{ logprobs: true }, "logprobs", "unsupported_parameter"],
    [{ modalities: ["text", "audio"] }, "modalities", "unsupported_parameter"],
    [{ audio: { voice: "x" } }, "audio", "unsupported_parameter"],
    [{ functions: [{}] }, "functions[0].name", "invalid_request"],
    [{ conversation: {} }, "conversation.id", "invalid_request"],
    [{ stream: "yes" }, "stream", "invalid_request"],
    [{ stream_options: true }, "stream_options", "invalid_request"],
  ])("refuses %j naming `%s`", (body, param, code) => {
    expect(refusal(body)).toEqual([param, code]);
  });
});

describe("the other parameters", () => {
  it("hands on what the Responses API has, under its name there", () => {
    const decoded = decode({
      temperature: 0.4,
      max_tokens: 5,
      prompt_cache_key: "k",
      service_tier: "priority",
    });
    expect(decoded.request).toMatchObject({
      temperature: 0.4,
      max_output_tokens: 5,
      prompt_cache_key: "k",
      service_tier: "priority",
    });
    expect(decoded.spelled).toEqual({ max_output_tokens: "max_tokens" });
    expect(decoded.changes).toEqual([]);
  });

  it("discloses what the Responses API has no name for, unknown ones included", () => {
    const { request, changes } = decode({ seed: 1, stop: ["x"], made_up: 1, store: true });
    expect(changes.map(({ kind, parameter }) => [kind, parameter])).toEqual([
      ["ignored", "seed"],
      ["ignored", "stop"],
      ["ignored", "made_up"],
      ["ignored", "store"],
    ]);
    expect(request).toEqual({ model: "gpt-5.5", input: [userItem] });
  });

  it("discloses each of two names for one parameter", () => {
    const { request, changes, spelled } = decode({ max_tokens: 5, max_completion_tokens: 6 });
    expect(request["max_output_tokens"]).toBe(6);
    expect(spelled).toEqual({ max_output_tokens: "max_completion_tokens" });
    expect(changes).toMatchObject([{ kind: "ignored", parameter: "max_tokens" }]);
    for (const body of [
      { max_output_tokens: 1, max_tokens: 2 },
      { max_tokens: 2, max_output_tokens: 1 },
    ]) {
      const both = decode(body);
      const [change] = both.changes;
      const carried = both.spelled["max_output_tokens"] ?? "max_output_tokens";
      expect([change?.parameter, carried].sort()).toEqual(["max_output_tokens", "max_tokens"]);
    }
  });

  it("takes an explicit null for absent", () => {
    const nulls = {
      tools: null,
      tool_choice: null,
      response_format: null,
      stream: null,
      stream_options: null,
      stop: null,
      n: null,
      logprobs: null,
      functions: null,
      audio: null,
      temperature: null,
      reasoning_effort: null,
    };
    expect(decode(nulls)).toEqual(decode({}));
  });

  it("refuses a body that is no object", () => {
    expect(() => decodeChat([], "none")).toThrow(
      "The request body must be a JSON object; it is array.",
    );
  });
});
