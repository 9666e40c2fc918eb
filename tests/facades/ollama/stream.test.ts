import { describe, expect, it } from "vitest";
import { RelayError } from "../../../src/errors.ts";
import type { Facade } from "../../../src/facades/facade.ts";
import { ollamaChat, ollamaGenerate } from "../../../src/facades/ollama/ollama.ts";
import type { OllamaOptions } from "../../../src/facades/ollama/settings.ts";
import { createAccumulator } from "../../../src/protocol/accumulate.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import {
  completed,
  created,
  createEncoder,
  functionCall,
  message,
  reasoning,
  toFrame,
  type WireEvent,
} from "../../helpers/frames.ts";
import { foldLines } from "../folds.ts";

const options: OllamaOptions = { model: "gpt-5.5:latest", doneReason: undefined };
const stamp = {
  id: "ollama-1",
  created: 7,
  model: "gpt-5.5",
  echo: {},
  elapsed: () => ({ firstOutputMs: 20, totalMs: 50 }),
};
const usage = { input_tokens: 3, output_tokens: 5, total_tokens: 8 };
const identity = { model: "gpt-5.5:latest", created_at: "1970-01-01T00:00:07.000Z" };
const ending = {
  done: true,
  done_reason: "stop",
  total_duration: 50_000_000,
  load_duration: 0,
  prompt_eval_count: 3,
  prompt_eval_duration: 20_000_000,
  eval_count: 5,
  eval_duration: 30_000_000,
};

function stream(facade: Facade<OllamaOptions>, events: readonly WireEvent[]): JsonObject[] {
  const encoder = createEncoder(facade, options, stamp);
  const text = events.map((event) => encoder.write(toFrame(event))).join("") + encoder.end();
  expect(text).toMatch(/\n$/);
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

function whole(facade: Facade<OllamaOptions>, events: readonly WireEvent[]): unknown {
  const answer = createAccumulator({ keepsDeltas: true });
  for (const event of events) answer.add(toFrame(event));
  const snapshot = answer.snapshot();
  if (snapshot === undefined) throw new Error("No response came.");
  return JSON.parse(JSON.stringify(facade.whole(snapshot, options, stamp)));
}

describe("the lines of a chat", () => {
  it("say thoughts, text and calls, and at the end why, how long and how much", () => {
    const line = (said: object) => ({
      ...identity,
      message: { role: "assistant", content: "", ...said },
      done: false,
    });
    expect(
      stream(ollamaChat, [
        created,
        ...reasoning(0, "Hm.", "So."),
        ...message(1, "He", "llo"),
        ...functionCall(2, "get", '{"a"', ":1}"),
        completed({ usage }),
      ]),
    ).toEqual([
      line({ thinking: "Hm." }),
      line({ thinking: "\n\nSo." }),
      line({ content: "He" }),
      line({ content: "llo" }),
      line({
        tool_calls: [{ id: "call_2", function: { index: 0, name: "get", arguments: { a: 1 } } }],
      }),
      { ...identity, message: { role: "assistant", content: "" }, ...ending },
    ]);
  });

  it("say a text once that came whole only, and one that came by deltas too", () => {
    const [first, , , , , done] = message(0, "Hi");
    if (first === undefined || done === undefined) throw new Error("The helper has changed.");
    expect(foldLines(stream(ollamaChat, [created, first, done, completed()]))).toMatchObject({
      message: { content: "Hi" },
    });
  });

  it("say thoughts that came whole only after others that came by deltas", () => {
    const events = [created, ...reasoning(0, "Hm."), ...reasoning(1, "So.").slice(-1), completed()];
    expect(foldLines(stream(ollamaChat, events))).toEqual(whole(ollamaChat, events));
    expect(whole(ollamaChat, events)).toMatchObject({ message: { thinking: "Hm.\n\nSo." } });
  });

  it("tell an answer that was cut by length or withheld, and no counts that nobody told", () => {
    const cut = (reason: string): WireEvent => ({
      type: "response.incomplete",
      response: {
        id: "resp_1",
        status: "incomplete",
        output: [],
        incomplete_details: { reason },
      },
    });
    const last = (reason: string) => stream(ollamaChat, [created, cut(reason)]).at(-1);
    expect(last("max_output_tokens")).toEqual({
      ...identity,
      message: { role: "assistant", content: "" },
      done: true,
      done_reason: "length",
      total_duration: 50_000_000,
      load_duration: 0,
      prompt_eval_duration: 20_000_000,
      eval_duration: 30_000_000,
    });
    expect(last("content_filter")).toMatchObject({ done_reason: "content_filter" });
  });

  it("end a failure with a line of its own and no `done`", () => {
    const encoder = createEncoder(ollamaChat, options, stamp);
    const error = new RelayError("upstream_error", "It broke.", { param: "x" });
    expect(encoder.fail(error)).toBe('{"error":"It broke."}\n');
  });

  it.each(["[1]", '"text"', "{", "null"])("never pass on %s as a call's arguments", (text) => {
    const events = [created, ...functionCall(0, "get", text), completed()];
    const message = "The model called `get` with arguments that are no JSON object.";
    expect(() => stream(ollamaChat, events)).toThrow(message);
    expect(() => whole(ollamaChat, events)).toThrow(message);
  });

  it("take no arguments for an empty object", () => {
    expect(whole(ollamaChat, [created, ...functionCall(0, "get"), completed()])).toMatchObject({
      message: { tool_calls: [{ function: { name: "get", arguments: {} } }] },
    });
  });

  it("are nothing but an ending where nothing was asked", () => {
    const empty = { ...options, doneReason: "load" } as const;
    const encoder = createEncoder(ollamaChat, empty, stamp);
    expect(JSON.parse(encoder.write(toFrame(completed({ usage }))))).toEqual({
      ...identity,
      message: { role: "assistant", content: "" },
      done: true,
      done_reason: "load",
    });
  });
});

describe("the lines of a generated text", () => {
  it("have it as `response`", () => {
    expect(stream(ollamaGenerate, [created, ...message(0, "Hi"), completed({ usage })])).toEqual([
      { ...identity, response: "Hi", done: false },
      { ...identity, response: "", ...ending },
    ]);
  });
});
