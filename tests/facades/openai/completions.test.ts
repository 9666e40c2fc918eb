import { describe, expect, it } from "vitest";
import { RelayError } from "../../../src/errors.ts";
import { completions } from "../../../src/facades/openai/completions.ts";
import { createAccumulator } from "../../../src/protocol/accumulate.ts";
import { completed, created, createEncoder, message, toFrame } from "../../helpers/frames.ts";

const stamp = {
  id: "cmpl-1",
  created: 7,
  model: "m",
  echo: {},
  elapsed: () => ({ firstOutputMs: 0, totalMs: 0 }),
};
const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };

describe("legacy completions", () => {
  it.each(["Say hi.", ["Say hi."]])("takes the prompt %j", (prompt) => {
    expect(completions.decode({ model: "m", prompt, max_tokens: 5, stop: ["x"] })).toMatchObject({
      request: {
        model: "m",
        max_output_tokens: 5,
        input: [{ role: "user", content: [{ type: "input_text", text: "Say hi." }] }],
      },
      spelled: { max_output_tokens: "max_tokens" },
      changes: [{ kind: "ignored", parameter: "stop" }],
    });
  });

  it("takes nulls, false and 1 for not set", () => {
    const body = { best_of: 1, n: 1, echo: false, logprobs: null, suffix: "", user: "" };
    expect(completions.decode({ model: "m", prompt: "", ...body })).toEqual(
      completions.decode({ model: "m", prompt: "" }),
    );
  });

  it.each([
    [{ best_of: 2 }, "best_of"],
    [{ n: 2 }, "n"],
    [{ echo: true }, "echo"],
    [{ logprobs: 0 }, "logprobs"],
    [{ suffix: "x" }, "suffix"],
    [{ prompt: ["a", "b"] }, "prompt"],
    [{ prompt: [1, 2] }, "prompt"],
    [{ prompt: 3 }, "prompt"],
  ])("refuses %j naming `%s`", (body, param) => {
    expect(() => completions.decode({ model: "m", prompt: "", ...body })).toThrow(
      expect.objectContaining({ details: { param } }),
    );
  });

  it("streams the text, the finish reason, the usage when asked, and [DONE]", () => {
    const encoder = createEncoder(completions, { includeUsage: true }, stamp);
    const events = [created, ...message(0, "a", '"\u2028'), completed({ usage })];
    const text = events.map((event) => encoder.write(toFrame(event))).join("") + encoder.end();
    const parts = text.split("\n\n").filter(Boolean);
    expect(parts.at(-1)).toBe("data: [DONE]");
    const chunk = (piece: string, finish_reason: string | null) => ({
      id: "cmpl-1",
      object: "text_completion",
      created: 7,
      model: "m",
      choices: [{ text: piece, index: 0, logprobs: null, finish_reason }],
      usage: null,
    });
    expect(parts.slice(0, -1).map((part) => JSON.parse(part.slice(6)))).toEqual([
      chunk("a", null),
      chunk('"\u2028', null),
      chunk("", "stop"),
      {
        ...chunk("", null),
        choices: [],
        usage: {
          prompt_tokens: 1,
          completion_tokens: 2,
          total_tokens: 3,
          prompt_tokens_details: { cached_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: 0 },
        },
      },
    ]);
  });

  it("says a message that came whole, without deltas, and none twice", () => {
    const encoder = createEncoder(completions, { includeUsage: false }, stamp);
    const events = [created, ...message(0, "a"), ...message(1, "b").slice(-1), completed()];
    const text = events.map((event) => encoder.write(toFrame(event))).join("");
    expect([...text.matchAll(/"text":"(\w*)"/g)].map(([, piece]) => piece)).toEqual(["a", "b", ""]);
  });

  it("folds to one text", () => {
    const answer = createAccumulator();
    for (const event of [created, ...message(0, "a", "b"), completed({ usage })]) {
      answer.add(toFrame(event));
    }
    const snapshot = answer.snapshot();
    if (snapshot === undefined) throw new Error("The script has no response.");
    expect(completions.whole(snapshot, { includeUsage: false }, stamp)).toMatchObject({
      object: "text_completion",
      choices: [{ text: "ab", index: 0, logprobs: null, finish_reason: "stop" }],
      usage: { prompt_tokens: 1 },
    });
  });

  it("ends a failure with the error and without [DONE]", () => {
    const encoder = createEncoder(completions, { includeUsage: false }, stamp);
    expect(encoder.fail(new RelayError("upstream_error", "It failed."))).toMatch(
      /^data: \{"error":/,
    );
  });
});
