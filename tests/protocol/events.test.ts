import { describe, expect, it } from "vitest";
import { parseEvent } from "../../src/protocol/events.ts";
import { isFailure, isOutput, isSuccess } from "../../src/protocol/frame.ts";

describe("parseEvent", () => {
  it.each([{}, { input_tokens: 1 }, { input_tokens: "1", output_tokens: 2 }])(
    "takes usage without its two counts for none: %o",
    (usage) => {
      const data = JSON.stringify({ response: { id: "resp_1", usage } });
      expect(parseEvent("response.completed", data)).toMatchObject({ response: { usage: null } });
    },
  );

  it("reads a text delta", () => {
    const data = JSON.stringify({ type: "x", output_index: 2, delta: "a", logprobs: [] });
    expect(parseEvent("response.output_text.delta", data)).toEqual({
      type: "response.output_text.delta",
      output_index: 2,
      delta: "a",
    });
  });

  it.each([
    ["nested, as the upstream sends it", { error: { code: "a", message: "b" } }],
    ["flat, as the platform documents it", { code: "a", message: "b" }],
  ])("reads an error event that is %s", (_shape, body) => {
    expect(parseEvent("error", JSON.stringify({ type: "error", ...body }))).toMatchObject({
      type: "error",
      error: { code: "a", message: "b" },
    });
  });

  it.each([
    ["an unknown name", "response.new_thing", "{}"],
    ["text that is not JSON", "response.completed", "{"],
    ["a terminal event without its response", "response.completed", "{}"],
    ["a response without an id", "response.created", '{"response":{}}'],
    ["an item that is no object", "response.output_item.done", '{"item":[]}'],
    ["JSON that is no object", "response.output_text.delta", "[]"],
  ])("never fails on %s", (_what, wireType, data) => {
    expect(parseEvent(wireType, data)).toEqual({ type: "unmodelled", wireType });
  });

  it("keeps the fields of an item that it does not know", () => {
    const item = { type: "computer_call", call_id: "c", later: true };
    const event = parseEvent(
      "response.output_item.done",
      JSON.stringify({ output_index: 0, item }),
    );
    expect(event).toEqual({
      type: "response.output_item.done",
      output_index: 0,
      hasIndex: true,
      item: { type: "other" },
      rawItem: item,
    });
  });
});

describe("the kinds of frames", () => {
  it.each([
    ["response.created", { success: false, failure: false, output: false }],
    ["keepalive", { success: false, failure: false, output: false }],
    ["response.output_item.added", { success: false, failure: false, output: true }],
    ["response.never_heard_of", { success: false, failure: false, output: true }],
    ["response.completed", { success: true, failure: false, output: true }],
    ["response.incomplete", { success: true, failure: false, output: true }],
    ["response.failed", { success: false, failure: true, output: false }],
    ["error", { success: false, failure: true, output: false }],
  ])("knows what %s is", (type, expected) => {
    expect({
      success: isSuccess(type),
      failure: isFailure(type),
      output: isOutput(type),
    }).toEqual(expected);
  });
});
