import { describe, expect, it } from "vitest";
import { createAccumulator } from "../../src/protocol/accumulate.ts";
import { Frame } from "../../src/protocol/frame.ts";
import {
  completed,
  created,
  functionCall,
  message,
  toFrame,
  type WireEvent,
} from "../helpers/frames.ts";

function accumulate(events: readonly WireEvent[]) {
  const answer = createAccumulator();
  for (const event of events) answer.add(toFrame(event));
  return answer;
}

describe("createAccumulator", () => {
  it("rebuilds the output that the last event leaves out, in the order of the items", () => {
    const [call, text] = [functionCall(1, "look", "{}"), message(0, "Hi")];
    const answer = accumulate([created, ...call, ...text, completed({ model: "m" })]);
    expect(answer.snapshot()).toEqual({
      id: "resp_1",
      object: "response",
      status: "completed",
      model: "m",
      usage: null,
      output: [text.at(-1)?.["item"], call.at(-1)?.["item"]],
    });
    expect(answer.success?.type).toBe("response.completed");
  });

  it("keeps items that name no place, one after the other", () => {
    const item = (text: string) => ({ type: "message", content: [{ type: "output_text", text }] });
    const done = (text: string) => ({ type: "response.output_item.done", item: item(text) });
    const answer = accumulate([created, done("a"), done("b"), completed()]);
    expect(answer.snapshot()?.output).toEqual([item("a"), item("b")]);
  });

  it("keeps the upstream's own output when no items were streamed", () => {
    const item = { type: "message", content: [] };
    expect(accumulate([created, completed({ output: [item] })]).snapshot()?.output).toEqual([item]);
  });

  it("has what came so far of an answer that was cut", () => {
    const text = message(0, "Half");
    const answer = accumulate([created, ...text]);
    expect(answer.snapshot()).toMatchObject({ id: "resp_1", output: [text.at(-1)?.["item"]] });
    expect(answer.success).toBeUndefined();
    expect(answer.failures).toEqual([]);
  });

  it("takes no terminal event for success that was cut or holds no response", () => {
    const answer = createAccumulator();
    answer.add(
      new Frame("response.completed", '{"type":"response.completed","response":{"id":"re'),
    );
    answer.add(new Frame("response.completed", "{}"));
    expect(answer.success).toBeUndefined();
  });

  const unfinished = [
    created,
    ...message(0, "Whole."),
    ...message(1, "Ha", "lf").slice(0, 4),
    {
      type: "response.incomplete",
      response: { id: "resp_1", status: "incomplete", output: [] },
    },
  ];

  it("rebuilds the text of a message that stopped half-way, when nobody else has it", () => {
    const answer = createAccumulator({ keepsDeltas: true });
    for (const event of unfinished) answer.add(toFrame(event));
    expect(answer.lacksText).toBe(false);
    expect(answer.snapshot()?.output.at(-1)).toEqual({
      id: "msg_1",
      type: "message",
      status: "incomplete",
      role: "assistant",
      content: [{ type: "output_text", text: "Half", annotations: [], logprobs: [] }],
    });
  });

  it("says that text is missing when the deltas were not kept", () => {
    const answer = accumulate(unfinished);
    expect(answer.success?.type).toBe("response.incomplete");
    expect(answer.lacksText).toBe(true);
    expect(answer.snapshot()?.output).toHaveLength(1);
  });

  it("has nothing before the first response object", () => {
    expect(accumulate([{ type: "keepalive" }]).snapshot()).toBeUndefined();
  });

  it("keeps both `error` and the `response.failed` after it", () => {
    const failed = { type: "response.failed", response: { id: "resp_1", status: "failed" } };
    const answer = accumulate([created, { type: "error", error: { code: "x" } }, failed]);
    expect(answer.failures.map(({ type }) => type)).toEqual(["error", "response.failed"]);
    expect(answer.snapshot()).toMatchObject({ status: "failed" });
  });
});
