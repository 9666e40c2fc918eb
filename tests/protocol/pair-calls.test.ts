import { describe, expect, it } from "vitest";
import { pairCalls } from "../../src/protocol/pair-calls.ts";

const call = (call_id: string) => ({ type: "function_call", call_id, name: "f", arguments: "{}" });
const output = (call_id: string) => ({ type: "function_call_output", call_id, output: "done" });

describe("pairCalls", () => {
  it("gives the same list back when every call has its result", () => {
    const input = [call("a"), call("b"), output("b"), output("a"), { role: "user", content: "x" }];
    const paired = pairCalls(input);
    expect(paired.input).toBe(input);
    expect(paired.repaired).toEqual([]);
  });

  it("gives a call without a result one that says so", () => {
    expect(pairCalls([call("a"), { role: "user", content: "x" }])).toEqual({
      input: [
        call("a"),
        { type: "function_call_output", call_id: "a", output: "No result was recorded." },
        { role: "user", content: "x" },
      ],
      repaired: ["input[0]"],
    });
  });

  it("keeps a result without a call as a message, text and parts", () => {
    const lead = { type: "input_text", text: "Result of the tool call a, which is not shown:" };
    const image = { type: "input_image", image_url: "data:x" };
    expect(pairCalls([output("a"), { ...output("a"), output: [image] }]).input).toEqual([
      { type: "message", role: "user", content: [lead, { type: "input_text", text: "done" }] },
      { type: "message", role: "user", content: [lead, image] },
    ]);
  });

  it("does not take the result of another kind of call for its own", () => {
    const custom = { type: "custom_tool_call", call_id: "a", name: "f", input: "" };
    expect(pairCalls([custom, output("a")]).repaired).toEqual(["input[0]", "input[1]"]);
  });
});
