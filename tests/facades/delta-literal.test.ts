import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deltaLiteral } from "../../src/facades/delta-literal.ts";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom('"', "\\", '"delta":"', "{", "}", ",", "\u2028", "\ud800") }),
);

describe("deltaLiteral", () => {
  it("is the literal of the parsed delta, or nothing: for any text, in any field, in any order", () => {
    fc.assert(
      fc.property(text, text, text, fc.boolean(), (delta, before, after, deltaFirst) => {
        const fields = { item_id: before, obfuscation: after };
        const event = deltaFirst ? { delta, ...fields } : { ...fields, delta };
        const literal = deltaLiteral(JSON.stringify(event));
        if (literal !== undefined) expect(JSON.parse(literal)).toBe(delta);
      }),
    );
  });

  it("finds it in every event of the upstream's form", () => {
    fc.assert(
      fc.property(text, (delta) => {
        const event = {
          type: "response.output_text.delta",
          content_index: 0,
          delta,
          item_id: "msg_1",
          logprobs: [],
          obfuscation: "aB3",
        };
        expect(deltaLiteral(JSON.stringify(event))).toBe(JSON.stringify(delta));
      }),
    );
  });

  it.each([
    ["no delta", '{"text":"a"}'],
    ["a delta that is no string", '{"delta":{"text":"a"}}'],
    ["two of them", '{"delta":"a","part":{"delta":"b"}}'],
    ["one inside another object first", '{"part":{"delta":"b"},"delta":"a"}'],
    ["spaces, which the upstream does not write", '{"delta": "a"}'],
    ["a string without an end", '{"delta":"a\\"'],
  ])("leaves %s to the parser", (_what, data) => {
    expect(deltaLiteral(data)).toBeUndefined();
  });
});
