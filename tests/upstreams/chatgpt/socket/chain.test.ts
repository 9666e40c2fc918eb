import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createChain } from "../../../../src/upstreams/chatgpt/socket/chain.ts";

const user = (text: string) => ({
  type: "message",
  role: "user",
  content: [{ type: "input_text", text }],
});
const said = (text: string, more: object = {}) => ({
  type: "message",
  role: "assistant",
  content: [{ type: "output_text", text, annotations: [] }],
  ...more,
});
const body = (input: readonly object[], more: object = {}) => ({ model: "m", input, ...more });

function chainAfter(input: readonly object[], output: readonly object[], more: object = {}) {
  const chain = createChain();
  chain.remember(body(input, more), "resp_1", output as Record<string, unknown>[]);
  return chain;
}

describe("a chain", () => {
  it("sends everything at first", () => {
    const asked = body([user("One")]);
    expect(createChain().plan(asked)).toEqual({ body: asked, isIncremental: false });
  });

  it("sends what is new behind what the other end knows", () => {
    const chain = chainAfter([user("One")], [said("1", { id: "msg_1", status: "completed" })]);
    expect(chain.plan(body([user("One"), said("1"), user("Two")]))).toEqual({
      body: { model: "m", previous_response_id: "resp_1", input: [user("Two")] },
      isIncremental: true,
    });
  });

  it.each([
    [
      "a text in its short form",
      { role: "assistant", content: "1" },
      said("1", { id: "msg_1", phase: "final_answer" }),
    ],
    [
      "a call",
      { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
      {
        type: "function_call",
        id: "fc_1",
        status: "completed",
        call_id: "c",
        name: "f",
        arguments: "{}",
      },
    ],
    [
      "sealed reasoning",
      { type: "reasoning", summary: [], encrypted_content: "x" },
      {
        type: "reasoning",
        id: "rs_1",
        summary: [{ text: "Hm." }],
        content: [],
        encrypted_content: "x",
      },
    ],
  ])("knows %s again that came back another way", (_name, sent, received) => {
    const chain = chainAfter([user("One")], [received]);
    expect(chain.plan(body([user("One"), sent, user("Two")])).isIncremental).toBe(true);
  });

  it.each([
    ["another text", [user("One"), said("2"), user("Two")]],
    ["an answer left out", [user("One"), user("Two")]],
    ["an earlier turn rewritten", [user("Eins"), said("1"), user("Two")]],
    ["nothing new", [user("One"), said("1")]],
    ["less than before", [user("One")]],
    ["another speaker", [user("One"), { ...said("1"), role: "user" }, user("Two")]],
  ])("sends everything after %s", (_name, input) => {
    const chain = chainAfter([user("One")], [said("1")]);
    expect(chain.plan(body(input))).toEqual({ body: body(input), isIncremental: false });
  });

  it("sends everything when anything else of the request changed, but for its metadata", () => {
    const chain = chainAfter([user("One")], [], { client_metadata: { turn_id: "1" } });
    const input = [user("One"), user("Two")];
    expect(chain.plan(body(input, { instructions: "x" })).isIncremental).toBe(false);
    expect(chain.plan(body(input, { client_metadata: { turn_id: "2" } })).isIncremental).toBe(true);
  });

  it("leaves nothing out: what is known and what is sent are the whole, however a talk is cut", () => {
    const item = fc.oneof(
      fc.string().map(user),
      fc.string().map((text) => said(text)),
    );
    const talk = fc.record({
      known: fc.array(item, { maxLength: 5 }),
      asked: fc.array(item, { maxLength: 8 }),
      goesOn: fc.boolean(),
    });
    fc.assert(
      fc.property(talk, ({ known, asked, goesOn }) => {
        const input = goesOn ? [...known, ...asked] : asked;
        const planned = chainAfter(known, []).plan(body(input));
        const sent = planned.body["input"] as object[];
        expect(planned.isIncremental ? [...known, ...sent] : sent).toEqual(input);
      }),
    );
  });
});
