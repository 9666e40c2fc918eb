import { describe, expect, it } from "vitest";
import { messages } from "../../../src/facades/anthropic/messages.ts";
import { parameters } from "../../../src/facades/anthropic/parameters.ts";
import { decodeMessages } from "../../../src/facades/anthropic/request.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";

const user = (content: unknown) => ({ role: "user", content });
const assistant = (content: unknown) => ({ role: "assistant", content });
const said = (text: string) => ({
  type: "message",
  role: "user",
  content: [{ type: "input_text", text }],
});

function decode(body: JsonObject) {
  return decodeMessages({ model: "m", messages: [user("Hi.")], ...body });
}
const requestOf = (body: JsonObject) => decode(body).request;
const inputOf = (...list: unknown[]) => requestOf({ messages: list }).input;
const ignoredOf = (body: JsonObject) =>
  decode(body).changes.map(({ kind, parameter }) => `${kind} ${parameter}`);

describe("a plain request", () => {
  it("becomes one message, and nothing that was not asked for", () => {
    const { request, stream, state, changes, spelled, options } = decode({ max_tokens: null });
    expect(request).toEqual({ model: "m", input: [said("Hi.")] });
    expect({ stream, state, changes }).toEqual({
      stream: false,
      state: { store: false },
      changes: [],
    });
    expect(spelled["reasoning.effort"]).toBe("thinking");
    expect(options).toMatchObject({ model: "m", thinking: "none", stopSequences: [] });
  });

  it.each([
    [{ messages: [] }, "messages"],
    [{ messages: "Hi." }, "messages"],
    [{ messages: [user([{ type: "video" }])] }, "messages[0].content[0].type"],
    [{ messages: [{ role: "tool", content: "" }] }, "messages[0].role"],
    [{ messages: [assistant([{ type: "image" }])] }, "messages[0].content[0].type"],
    [{ messages: [user([{ type: "image" }])] }, "messages[0].content[0].source"],
    [
      { messages: [user([{ type: "tool_reference", tool_name: 1 }])] },
      "messages[0].content[0].tool_name",
    ],
    [{ system: [{ type: "image" }] }, "system[0].type"],
    [{ thinking: { type: "deep" } }, "thinking.type"],
    [{ thinking: { type: "enabled" } }, "thinking.budget_tokens"],
    [{ output_config: { effort: "most" } }, "output_config.effort"],
    [{ output_config: { format: { type: "xml" } } }, "output_config.format.type"],
    [{ output_format: { type: "json_schema" } }, "output_format.schema"],
    [{ stop_sequences: [" "] }, "stop_sequences[0]"],
    [{ tools: [{ name: "" }] }, "tools[0].name"],
    [{ tools: [{ type: "computer_20250124", name: "computer" }] }, "tools[0].type"],
    [{ tool_choice: { type: "required" } }, "tool_choice.type"],
    [{ mcp_servers: [{ type: "url" }] }, "mcp_servers"],
  ])("is refused for %j, by the parameter's name", (body, param) => {
    expect(() => decode(body as JsonObject)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ param }) }),
    );
  });
});

describe("the system prompt", () => {
  it.each([
    ["Be brief.", "Be brief."],
    [
      [
        { type: "text", text: "x-anthropic-billing-header: cc_version=2.1.329.cb6;" },
        { type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } },
        { type: "text", text: "Be kind." },
      ],
      "Be brief.\n\nBe kind.",
    ],
    ["", undefined],
  ])("%j is sent as %j", (system, instructions) => {
    expect(requestOf({ system })["instructions"]).toBe(instructions);
  });

  it("in the middle of the messages becomes a developer message there", () => {
    expect(inputOf(user("a"), { role: "system", content: "b" }, user("c"))[1]).toEqual({
      type: "message",
      role: "developer",
      content: [{ type: "input_text", text: "b" }],
    });
  });
});

describe("what a person sends", () => {
  const base64 = (media_type: string) => ({ type: "base64", media_type, data: "QQ==" });
  it.each([
    ["text", { type: "text", text: "a", cache_control: {} }, { type: "input_text", text: "a" }],
    [
      "an image",
      { type: "image", source: base64("image/png") },
      { type: "input_image", image_url: "data:image/png;base64,QQ==", detail: "auto" },
    ],
    [
      "an image by its address",
      { type: "image", source: { type: "url", url: "https://a.example/b.png" } },
      { type: "input_image", image_url: "https://a.example/b.png", detail: "auto" },
    ],
    [
      "an uploaded image",
      { type: "image", source: { type: "file", file_id: "file-1" } },
      { type: "input_image", file_id: "file-1", detail: "auto" },
    ],
    [
      "a PDF",
      { type: "document", title: "Plan", source: base64("application/pdf") },
      {
        type: "input_file",
        filename: "Plan.pdf",
        file_data: "data:application/pdf;base64,QQ==",
      },
    ],
    [
      "a text document",
      { type: "document", title: "Plan", source: { type: "text", data: "b" } },
      { type: "input_text", text: "Plan\n\nb" },
    ],
    [
      "a search result",
      {
        type: "search_result",
        title: "T",
        source: "https://a.example",
        content: [{ type: "text", text: "b" }],
      },
      { type: "input_text", text: "T (https://a.example)\nb" },
    ],
  ])("%s", (_name, block, part) => {
    expect(inputOf(user([block]))).toEqual([{ type: "message", role: "user", content: [part] }]);
  });

  it("a document by its address is refused, because the relay fetches nothing", () => {
    const source = { type: "url", url: "https://a.example/b.pdf" };
    expect(() => inputOf(user([{ type: "document", source }]))).toThrow(/fetches nothing/);
  });
});

describe("tools in the conversation", () => {
  it("become items of their own, in their places", () => {
    const input = inputOf(
      user("Look."),
      assistant([
        { type: "text", text: "I look." },
        { type: "tool_use", id: "call_1", name: "look", input: { at: "sea" } },
        { type: "tool_use", id: "call_2", name: "look", input: {} },
      ]),
      user([
        { type: "tool_result", tool_use_id: "call_1", content: "Waves.", is_error: false },
        {
          type: "tool_result",
          tool_use_id: "call_2",
          is_error: true,
          content: [{ type: "text", text: "Fog." }],
        },
        { type: "text", text: "And?" },
      ]),
    );
    expect(input).toEqual([
      said("Look."),
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "I look." }] },
      { type: "function_call", call_id: "call_1", name: "look", arguments: '{"at":"sea"}' },
      { type: "function_call", call_id: "call_2", name: "look", arguments: "{}" },
      { type: "function_call_output", call_id: "call_1", output: "Waves." },
      { type: "function_call_output", call_id: "call_2", output: "[The tool failed.]\nFog." },
      said("And?"),
    ]);
  });

  it("say which message each of them is from", () => {
    const call = { type: "tool_use", id: "call_1", name: "a", input: {} };
    const lost = { type: "thinking", thinking: "", signature: "ar1.gAAA" };
    const list = [user("a"), assistant([lost]), user("b"), assistant([call, call])];
    expect(decode({ messages: list }).places).toEqual([
      "messages[0]",
      "messages[2]",
      "messages[3]",
      "messages[3]",
    ]);
  });

  it("keep the images of a result", () => {
    const source = { type: "base64", media_type: "image/png", data: "QQ==" };
    const [item] = inputOf(
      user([{ type: "tool_result", tool_use_id: "c", content: [{ type: "image", source }] }]),
    );
    expect(item?.["output"]).toEqual([
      { type: "input_image", image_url: "data:image/png;base64,QQ==", detail: "auto" },
    ]);
  });

  it("have ids that the upstream takes, alike in call and result", () => {
    const id = `toolu_${"x".repeat(100)}`;
    const [call, result] = inputOf(
      assistant([{ type: "tool_use", id, name: "a", input: {} }]),
      user([{ type: "tool_result", tool_use_id: id, content: "" }]),
    );
    expect(call?.["call_id"]).toHaveLength(64);
    expect(result?.["call_id"]).toBe(call?.["call_id"]);
  });
});

describe("thinking that comes back", () => {
  const thinking = (signature: string, text = "Hm.") => ({
    type: "thinking",
    thinking: text,
    signature,
  });
  const text = { type: "text", text: "Yes." };

  it("goes on as the upstream's own reasoning, before what followed it", () => {
    expect(inputOf(user("a"), assistant([thinking("ar1.gAAA"), text]), user("b"))[1]).toEqual({
      type: "reasoning",
      summary: [{ type: "summary_text", text: "Hm." }],
      encrypted_content: "gAAA",
    });
    expect(inputOf(assistant([thinking("ar1.gAAA", ""), text]), user("b"))[0]).toMatchObject({
      summary: [],
    });
  });

  it("of another vendor is left out, and that is told", () => {
    const list = [assistant([thinking("EqQB"), text]), user("b")];
    expect(inputOf(...list)).toHaveLength(2);
    expect(ignoredOf({ messages: list })).toEqual(["ignored messages[0].content[0]"]);
  });

  it("is left out where it leads nowhere", () => {
    const list = [assistant([text, thinking("ar1.gAAA"), thinking("ar1.gAAB")]), user("b")];
    expect(inputOf(...list)).toHaveLength(2);
    expect(ignoredOf({ messages: list })).toEqual(["ignored messages[0]", "ignored messages[0]"]);
  });

  it("may have its answer in the next message", () => {
    const list = [assistant([thinking("ar1.gAAA")]), assistant([text]), user("b")];
    expect(inputOf(...list)).toHaveLength(3);
  });
});

describe("the last message", () => {
  it("of the assistant is not continued, and that is told", () => {
    expect(ignoredOf({ messages: [user("a"), assistant("{")] })).toEqual(["adapted messages[1]"]);
  });
});

describe("thinking that is asked for", () => {
  it.each([
    [{ thinking: { type: "disabled" } }, { effort: "none" }, "none"],
    [{ thinking: { type: "enabled", budget_tokens: 512 } }, effort("minimal"), "shown"],
    [{ thinking: { type: "enabled", budget_tokens: 1024 } }, effort("low"), "shown"],
    [{ thinking: { type: "enabled", budget_tokens: 8192 } }, effort("medium"), "shown"],
    [{ thinking: { type: "enabled", budget_tokens: 24576 } }, effort("high"), "shown"],
    [{ thinking: { type: "enabled", budget_tokens: 31999 } }, effort("xhigh"), "shown"],
    [{ thinking: { type: "adaptive" } }, { summary: "auto" }, "shown"],
    [{ thinking: { type: "adaptive" }, output_config: { effort: "max" } }, effort("max"), "shown"],
    [
      { thinking: { type: "enabled", budget_tokens: 2000, display: "omitted" } },
      { effort: "medium" },
      "omitted",
    ],
    [{ output_config: { effort: "low" } }, { effort: "low" }, "none"],
  ])("%j", (body, reasoning, style) => {
    const { request, options, fitsEffort } = decode(body);
    expect(request.reasoning).toEqual(reasoning);
    expect(options.thinking).toBe(style);
    expect(fitsEffort).toBe(true);
  });

  function effort(word: string) {
    return { effort: word, summary: "auto" };
  }
});

describe("tools", () => {
  const decoded = (...tools: unknown[]) => requestOf({ tools }).tools;

  it("become functions without what only the other vendor reads", () => {
    expect(
      decoded({
        name: "look",
        description: "Looks.",
        input_schema: { $schema: "x", type: "object", required: [] },
        cache_control: { type: "ephemeral" },
        eager_input_streaming: true,
        defer_loading: true,
      }),
    ).toEqual([
      {
        type: "function",
        name: "look",
        description: "Looks.",
        parameters: { type: "object", properties: {}, required: [] },
        strict: false,
      },
    ]);
    expect(decoded({ type: "custom", name: "look" })).toMatchObject([
      { parameters: { type: "object", properties: {} } },
    ]);
  });

  it("of the client get their schema written out", () => {
    expect(
      decoded(
        { type: "bash_20250124", name: "bash" },
        { type: "text_editor_20250728", name: "str_replace_based_edit_tool" },
      ),
    ).toMatchObject([
      { type: "function", name: "bash", parameters: { properties: { command: {} } } },
      { type: "function", name: "str_replace_based_edit_tool" },
    ]);
  });

  it("that only stand for others are left out", () => {
    const placeholder = { name: "DeferredToolPlaceholder", defer_loading: true };
    const finder = { type: "tool_search_tool_regex_20251119", name: "tool_search_tool_regex" };
    expect(decoded(placeholder, finder)).toBeUndefined();
    expect(ignoredOf({ tools: [placeholder, finder] })).toEqual(["ignored tools[1]"]);
  });

  it("search the web within what the upstream can be told", () => {
    const search = {
      type: "web_search_20250305",
      name: "web_search",
      allowed_domains: ["a.example"],
      user_location: { type: "approximate", city: "Bonn" },
      max_uses: 3,
    };
    const choice = { type: "tool", name: "web_search" };
    expect(requestOf({ tools: [search], tool_choice: choice })).toMatchObject({
      tools: [
        {
          type: "web_search",
          filters: { allowed_domains: ["a.example"] },
          user_location: { type: "approximate", city: "Bonn" },
        },
      ],
      tool_choice: { type: "web_search" },
    });
    expect(ignoredOf({ tools: [search] })).toEqual(["ignored tools[0].max_uses"]);
  });

  it.each([
    [{ type: "auto" }, { tool_choice: "auto" }],
    [{ type: "any" }, { tool_choice: "required" }],
    [{ type: "none" }, { tool_choice: "none" }],
    [{ type: "tool", name: "a" }, { tool_choice: { type: "function", name: "a" } }],
    [
      { type: "auto", disable_parallel_tool_use: true },
      { tool_choice: "auto", parallel_tool_calls: false },
    ],
  ])("are chosen by %j", (tool_choice, expected) => {
    const {
      tools: _tools,
      model: _model,
      input: _input,
      ...rest
    } = requestOf({
      tools: [{ name: "a" }],
      tool_choice,
    });
    expect(rest).toEqual(expected);
  });
});

describe("an output format", () => {
  const schema = { type: "object", properties: { a: { type: "string" } } };
  it.each([
    ["output_format", { output_format: { type: "json_schema", schema } }],
    ["output_config.format", { output_config: { format: { type: "json_schema", schema } } }],
  ])("is strict, and completed (%s)", (path, body) => {
    expect(requestOf(body).text).toMatchObject({
      format: { type: "json_schema", strict: true, schema: { required: ["a"] } },
    });
    expect(ignoredOf(body)).toEqual([`adapted ${path}.schema`]);
  });
});

describe("the session", () => {
  const id = "981e513d-c357-401b-a360-5c1ebe390ccd";
  it.each([
    [JSON.stringify({ device_id: "d", account_uuid: "a", session_id: id }), id],
    [`user_0a1b_account__session_${id}`, id],
    ["somebody", undefined],
    ['{"session_id": "a b"}', undefined],
  ])("of %s is %s", (user_id, key) => {
    const { request, changes } = decode({ metadata: { user_id } });
    expect(request["prompt_cache_key"]).toBe(key);
    expect(changes).toHaveLength(key === undefined ? 1 : 0);
  });
});

describe("the table of parameters", () => {
  const samples: Readonly<Record<string, unknown>> = {
    model: "claude-airelays-gpt-5.5",
    messages: [user("Hi.")],
    system: "a",
    stream: true,
    tools: [{ name: "a" }],
    tool_choice: { type: "auto" },
    thinking: { type: "adaptive" },
    output_config: { effort: "low" },
    output_format: { type: "json_schema", schema: { type: "object", properties: {} } },
    stop_sequences: ["a"],
    metadata: { user_id: "x_session_12345678" },
    speed: "fast",
    service_tier: "auto",
    cache_control: { type: "ephemeral" },
    max_tokens: 5,
    temperature: 0.5,
    top_p: 0.5,
    top_k: 5,
    context_management: { edits: [] },
    container: "c",
    mcp_servers: [{}],
  };

  it.each(parameters)("says what becomes of $name", ({ name, fate }) => {
    const body = { [name]: samples[name] };
    expect(samples[name]).toBeDefined();
    if (fate === "refused") expect(() => decode(body)).toThrow();
    else {
      const told = fate === "disclosed" ? [`ignored ${name}`] : [];
      expect(ignoredOf(body).filter((each) => each.startsWith("ignored"))).toEqual(told);
    }
  });

  it("has no row for what nobody knows, and that is told", () => {
    expect(ignoredOf({ toString: 1 })).toEqual(["ignored toString"]);
  });

  it("keeps the name that the client asked for beside the one that is meant", () => {
    const { request, options } = decode({ model: "claude-airelays-gpt-5.5", speed: "fast" });
    expect([request.model, options.model]).toEqual(["gpt-5.5", "claude-airelays-gpt-5.5"]);
    expect(request["service_tier"]).toBe("priority");
    expect(messages.isForeignModel?.("claude-opus-4-5")).toBe(true);
    expect(messages.isForeignModel?.(request.model)).toBe(false);
  });
});
