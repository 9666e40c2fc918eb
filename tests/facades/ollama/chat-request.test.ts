import { describe, expect, it } from "vitest";
import { decodeChat } from "../../../src/facades/ollama/chat-request.ts";

const user = { role: "user", content: "Hi" };
const userItem = {
  type: "message",
  role: "user",
  content: [{ type: "input_text", text: "Hi" }],
};
const png = "iVBORw0KGgoAAAANSUhEUg==";

const decode = (fields: object) => decodeChat({ model: "m", messages: [user], ...fields });
const request = (fields: object) => decode(fields).request;
const input = (messages: readonly object[]) => request({ messages }).input;

describe("a chat's messages", () => {
  it("say which of them each item is from", () => {
    const calls = [{ function: { name: "a" } }, { function: { name: "b" } }];
    const messages = [
      { role: "system", content: "Be brief." },
      user,
      { role: "assistant", tool_calls: calls },
    ];
    expect(decode({ messages }).places).toEqual(["messages[1]", "messages[2]", "messages[2]"]);
  });

  it("become instructions, and items in their order", () => {
    expect(
      request({
        messages: [
          { role: "system", content: "Be brief." },
          { role: "system", content: "Be kind." },
          user,
          { role: "assistant", content: "Hello", thinking: "Polite." },
          { role: "system", content: "Now be loud." },
          user,
        ],
      }),
    ).toEqual({
      model: "m",
      instructions: "Be brief.\n\nBe kind.",
      input: [
        userItem,
        {
          type: "message",
          role: "assistant",
          content: [{ type: "output_text", text: "Hello" }],
        },
        {
          type: "message",
          role: "developer",
          content: [{ type: "input_text", text: "Now be loud." }],
        },
        userItem,
      ],
    });
  });

  it("lose their thoughts, and that is disclosed", () => {
    const { changes } = decode({ messages: [{ role: "assistant", content: "", thinking: "Hm" }] });
    expect(changes).toEqual([
      { kind: "ignored", parameter: "messages.thinking", reason: expect.any(String) },
    ]);
  });

  it.each([
    [png, `data:image/png;base64,${png}`],
    ["/9j/4AAQSkZJRg==", "data:image/jpeg;base64,/9j/4AAQSkZJRg=="],
    ["R0lGODlhAQABAA==", "data:image/gif;base64,R0lGODlhAQABAA=="],
    ["UklGRgECAwRXRUJQVlA4IA==", "data:image/webp;base64,UklGRgECAwRXRUJQVlA4IA=="],
    ["data:image/heic;base64,AAAA", "data:image/heic;base64,AAAA"],
  ])("give the image %s its type", (image, url) => {
    expect(input([{ ...user, images: [image] }])).toEqual([
      {
        ...userItem,
        content: [...userItem.content, { type: "input_image", image_url: url, detail: "auto" }],
      },
    ]);
  });

  it.each([
    [[{ role: "robot", content: "" }], "messages[0].role"],
    [[{ content: "Hi" }], "messages[0].role"],
    [["Hi"], "messages[0]"],
    [[{ role: "user", content: ["Hi"] }], "messages[0].content"],
    [[{ role: "user", content: "", images: ["SGVsbG8="] }], "messages[0].images[0]"],
    [[{ role: "assistant", tool_calls: [{}] }], "messages[0].tool_calls[0].function"],
    [
      [{ role: "assistant", tool_calls: [{ function: { name: "f", arguments: [1] } }] }],
      "messages[0].tool_calls[0].function.arguments",
    ],
  ])("are refused by name: %j", (messages, param) => {
    expect(() => decode({ messages })).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ param }) }),
    );
  });
});

describe("a tool's result", () => {
  const call = (name: string, extra = {}) => ({
    function: { name, arguments: { n: 1 } },
    ...extra,
  });
  const assistant = (...tool_calls: object[]) => ({ role: "assistant", content: "", tool_calls });
  const ids = (messages: readonly object[]) =>
    input(messages).map(({ type, call_id, name }) => [type, call_id, ...(name ? [name] : [])]);

  it("is put to the oldest open call of its name, else to the oldest", () => {
    expect(
      ids([
        assistant(call("a"), call("b"), call("b"), call("c")),
        { role: "tool", content: "1", tool_name: "b" },
        { role: "tool", content: "2", name: "b" },
        { role: "tool", content: "3" },
        { role: "tool", content: "4", tool_name: "unheard" },
      ]),
    ).toEqual([
      ["function_call", "call_1", "a"],
      ["function_call", "call_2", "b"],
      ["function_call", "call_3", "b"],
      ["function_call", "call_4", "c"],
      ["function_call_output", "call_2"],
      ["function_call_output", "call_3"],
      ["function_call_output", "call_1"],
      ["function_call_output", "call_4"],
    ]);
  });

  it("goes by the ids where there are some, and none is made up twice", () => {
    expect(
      ids([
        assistant(call("a", { id: "call_1" }), call("a", { id: "x" }), call("a")),
        { role: "tool", content: "1", tool_call_id: "x" },
        { role: "tool", content: "2", tool_call_id: "elsewhere" },
        { role: "tool", content: "3", tool_call_id: "lost" },
      ]),
    ).toEqual([
      ["function_call", "call_1", "a"],
      ["function_call", "x", "a"],
      ["function_call", "call_2", "a"],
      ["function_call_output", "x"],
      ["function_call_output", "call_2"],
      ["function_call_output", "lost"],
    ]);
  });

  it("is the text, or parts when there are images; arguments become a string", () => {
    expect(
      input([
        assistant(
          call("a"),
          { function: { name: "b", arguments: '{"n":2}' } },
          { function: { name: "c" } },
        ),
        { role: "tool", content: "1" },
        { role: "tool", content: "2", images: [png] },
        { role: "tool", content: "" },
      ]),
    ).toEqual([
      { type: "function_call", call_id: "call_1", name: "a", arguments: '{"n":1}' },
      { type: "function_call", call_id: "call_2", name: "b", arguments: '{"n":2}' },
      { type: "function_call", call_id: "call_3", name: "c", arguments: "{}" },
      { type: "function_call_output", call_id: "call_1", output: "1" },
      {
        type: "function_call_output",
        call_id: "call_2",
        output: [
          { type: "input_text", text: "2" },
          { type: "input_image", image_url: `data:image/png;base64,${png}`, detail: "auto" },
        ],
      },
      { type: "function_call_output", call_id: "call_3", output: "" },
    ]);
  });
});

describe("a chat's settings", () => {
  it.each([
    [true, { effort: "medium", summary: "auto" }],
    [false, { effort: "none" }],
    ["low", { effort: "low", summary: "auto" }],
    ["medium", { effort: "medium", summary: "auto" }],
    ["high", { effort: "high", summary: "auto" }],
    ["max", { effort: "max", summary: "auto" }],
    [null, undefined],
  ])("think %j is the reasoning %j", (think, reasoning) => {
    expect(request({ think }).reasoning).toEqual(reasoning);
  });

  it.each(["banana", "", 3])("refuse think %j in Ollama's words", (think) => {
    expect(() => decode({ think })).toThrow(
      `invalid think value: ${JSON.stringify(think)} (must be "high", "medium", "low", "max", true, or false)`,
    );
  });

  it("send a schema as it is, and plain JSON with the word that the upstream asks for", () => {
    const schema = { type: "object", properties: { a: { type: "string" } } };
    expect(request({ format: schema })).toMatchObject({
      input: [userItem],
      text: { format: { type: "json_schema", name: "response", schema, strict: false } },
    });
    expect(request({ format: "json" })).toMatchObject({
      input: [userItem, { role: "developer", content: [{ text: "Answer in JSON." }] }],
      text: { format: { type: "json_object" } },
    });
    expect(
      request({ format: "json", messages: [{ role: "user", content: "Give me json" }] }).input,
    ).toHaveLength(1);
    expect(request({ format: "" }).text).toBeUndefined();
    expect(() => decode({ format: "xml" })).toThrow('invalid format: "xml"; expected "json"');
  });

  it("flatten tools, and never make them strict", () => {
    const parameters = { type: "object", properties: { city: { type: "string" } } };
    expect(
      request({
        tools: [
          { type: "function", function: { name: "a", description: "A.", parameters } },
          { type: "function", function: { name: "b" } },
        ],
      }).tools,
    ).toEqual([
      { type: "function", name: "a", description: "A.", parameters, strict: false },
      {
        type: "function",
        name: "b",
        parameters: { type: "object", properties: {} },
        strict: false,
      },
    ]);
    expect(() => decode({ tools: [{ type: "web_search" }] })).toThrow("`tools[0].type` must be");
  });

  it("stream unless told not to, keep nothing, and echo the name as it came", () => {
    expect(decode({ model: "m:latest" })).toMatchObject({
      request: { model: "m" },
      stream: true,
      state: { store: false },
      options: { model: "m:latest", doneReason: undefined },
    });
    expect(decode({ stream: false }).stream).toBe(false);
  });

  it("disclose by name what has no meaning here, and take keep_alive in silence", () => {
    const { changes } = decode({
      keep_alive: "5m",
      options: { temperature: 0, num_ctx: 4096, seed: null },
      logprobs: true,
      top_logprobs: null,
      truncate: false,
      surprise: 1,
    });
    expect(changes.map(({ kind, parameter }) => [kind, parameter])).toEqual([
      ["ignored", "options.temperature"],
      ["ignored", "options.num_ctx"],
      ["ignored", "logprobs"],
      ["ignored", "surprise"],
    ]);
  });

  it.each([
    [undefined, "load"],
    ["5m", "load"],
    [0, "unload"],
    ["0", "unload"],
    ["0s", "unload"],
  ])("with no message and keep_alive %j mean %s", (keep_alive, doneReason) => {
    expect(decode({ messages: [], keep_alive }).options.doneReason).toBe(doneReason);
  });
});
