import { describe, expect, it } from "vitest";
import { RelayError } from "../../../src/errors.ts";
import { responses } from "../../../src/facades/openai/responses.ts";
import { Frame } from "../../../src/protocol/frame.ts";
import { formatFrame } from "../../../src/protocol/sse.ts";
import {
  completed,
  created,
  createEncoder,
  functionCall,
  message,
  toFrame,
} from "../../helpers/frames.ts";

const echo = { store: true, previous_response_id: null };
const stamp = {
  id: "resp_local",
  created: 7,
  model: "gpt-5.5",
  echo,
  elapsed: () => ({ firstOutputMs: 0, totalMs: 0 }),
};

describe("the request", () => {
  it("wraps a string, and hands on every field as it is", () => {
    const tools = [{ type: "custom", name: "patch", format: { type: "grammar" } }];
    const decoded = responses.decode({
      model: "gpt-5.5",
      input: "Hi",
      tools,
      client_metadata: { a: "b" },
      metadata: null,
      stream: true,
    });
    expect(decoded).toEqual({
      request: {
        model: "gpt-5.5",
        input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] }],
        tools,
        client_metadata: { a: "b" },
      },
      stream: true,
      state: {},
      options: null,
      changes: [],
      spelled: {},
    });
  });

  it("sends a system message as a developer message, and says so", () => {
    const { request, changes } = responses.decode({
      model: "m",
      input: [{ role: "system", content: "Be brief." }],
    });
    expect(request.input).toEqual([{ role: "developer", content: "Be brief." }]);
    expect(changes).toMatchObject([{ kind: "adapted", parameter: "input[0].role" }]);
  });

  it("calls the web search by its final name, and completes a strict schema", () => {
    const schema = { type: "object", properties: { a: { type: "string" } } };
    const { request, changes } = responses.decode({
      model: "m",
      input: "Hi",
      tools: [{ type: "web_search_preview_2025_03_11" }],
      text: { format: { type: "json_schema", name: "n", strict: true, schema } },
    });
    expect(request.tools).toEqual([{ type: "web_search" }]);
    expect(request.text?.format).toMatchObject({ schema: { required: ["a"] } });
    expect(changes).toMatchObject([{ kind: "adapted", parameter: "text.format.schema" }]);
  });

  it("calls the web search by its final name in a choice too, alone or in a list", () => {
    const choose = (tool_choice: object) =>
      responses.decode({ model: "m", input: "Hi", tool_choice }).request.tool_choice;
    expect(choose({ type: "web_search_preview" })).toEqual({ type: "web_search" });
    const tools = [{ type: "web_search_preview" }, { type: "function", name: "f" }];
    expect(choose({ type: "allowed_tools", mode: "auto", tools })).toEqual({
      type: "allowed_tools",
      mode: "auto",
      tools: [{ type: "web_search" }, { type: "function", name: "f" }],
    });
  });

  it("keeps for the relay what the upstream has no memory for", () => {
    const { request, state } = responses.decode({
      model: "m",
      input: "Hi",
      store: false,
      previous_response_id: "resp_1",
      conversation: { id: "conv_1" },
    });
    expect(Object.keys(request)).toEqual(["model", "input"]);
    expect(state).toEqual({
      store: false,
      previousResponseId: "resp_1",
      conversationId: "conv_1",
    });
  });

  it.each([
    [{ input: "Hi" }, "model"],
    [{ model: "m" }, "input"],
    [{ model: "m", input: 3 }, "input"],
    [{ model: "m", input: [3] }, "input[0]"],
    [{ model: "m", input: "", tools: {} }, "tools"],
    [{ model: "m", input: "", stream: 1 }, "stream"],
    [{ model: "m", input: "", previous_response_id: 1 }, "previous_response_id"],
    [{ model: "m", input: "", conversation: ["conv_1"] }, "conversation"],
    [{ model: "m", input: "", store: "yes" }, "store"],
    [{ model: "m", input: "", background: true }, "background"],
    [{ model: "m", input: "", prompt: { id: "p" } }, "prompt"],
  ])("refuses %j naming `%s`", (body, param) => {
    expect(() => responses.decode(body)).toThrow(
      expect.objectContaining({ details: { param }, status: 400 }),
    );
  });
});

describe("the stream", () => {
  it("passes every frame as it came, and completes the last one with the output", () => {
    const encoder = createEncoder(responses, null, stamp);
    const text = message(0, "Hi");
    const call = functionCall(1, "f", "{}");
    const before = [created, { type: "response.never_heard_of", x: 1 }, ...text, ...call];
    for (const event of before) {
      expect(encoder.write(toFrame(event))).toBe(formatFrame(event.type, JSON.stringify(event)));
    }
    const last = encoder.write(toFrame({ ...completed(), sequence_number: 9 }));
    const [, data = ""] = /^event: response\.completed\ndata: (.*)\n\n$/.exec(last) ?? [];
    expect(JSON.parse(data)).toEqual({
      type: "response.completed",
      sequence_number: 9,
      response: {
        id: "resp_1",
        object: "response",
        status: "completed",
        usage: null,
        ...echo,
        output: [text.at(-1)?.["item"], call.at(-1)?.["item"]],
      },
    });
    expect(encoder.end()).toBe("");
  });

  it("passes on nothing of a last event that was cut", () => {
    const encoder = createEncoder(responses, null, stamp);
    expect(encoder.write(new Frame("response.completed", '{"type":"response.comp'))).toBe("");
  });

  it("gives each frame its own response object", () => {
    const encoder = createEncoder(responses, null, stamp);
    const account = { safety_identifier: "user-1" };
    const queued = { id: "resp_1", status: "queued", ...account };
    encoder.write(toFrame({ type: "response.created", response: queued }));
    const running = { id: "resp_1", status: "in_progress", ...account };
    const text = encoder.write(toFrame({ type: "response.in_progress", response: running }));
    expect(text).toContain('"status":"in_progress","safety_identifier":null');
  });

  it("takes out what names the account, and turns `keepalive` into a comment", () => {
    const encoder = createEncoder(responses, null, stamp);
    const response = { ...(created["response"] as object), safety_identifier: "user-1" };
    expect(encoder.write(toFrame({ ...created, response }))).not.toContain("user-1");
    expect(encoder.write(toFrame({ type: "keepalive", sequence_number: 1 }))).toBe(
      ": keepalive\n\n",
    );
    const last = encoder.write(toFrame(completed({ safety_identifier: "user-1" })));
    expect(last).toContain('"safety_identifier":null');
  });

  it("tells a failure of ours in an `error` event", () => {
    const encoder = createEncoder(responses, null, stamp);
    encoder.write(toFrame(created));
    expect(encoder.fail(new RelayError("upstream_stream_interrupted", "It was cut."))).toBe(
      'event: error\ndata: {"type":"error","code":"upstream_stream_interrupted","message":"It was cut.","param":null,"sequence_number":1}\n\n',
    );
  });

  it("adds nothing to the upstream's own failure, which has gone out word for word", () => {
    const encoder = createEncoder(responses, null, stamp);
    const failed = { type: "response.failed", response: { id: "resp_1" } };
    expect(encoder.write(toFrame(failed))).toBe(
      formatFrame("response.failed", JSON.stringify(failed)),
    );
    expect(encoder.fail(new RelayError("upstream_error", "It failed."))).toBe("");
  });
});
