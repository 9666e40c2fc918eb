/**
 * One property for every dialect: what a client makes of the stream is the whole answer, whatever the
 * upstream said and whether its items came in pieces or at once.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Facade } from "../../src/facades/facade.ts";
import { createFacades, responsesWebSocket } from "../../src/facades/index.ts";
import { createAccumulator } from "../../src/protocol/accumulate.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import {
  completed,
  created,
  createEncoder,
  functionCall,
  message,
  reasoning,
  refusal,
  toFrame,
  type WireEvent,
} from "../helpers/frames.ts";
import {
  type FoldedCall,
  foldChunks,
  foldEvents,
  foldLines,
  foldMessages,
  foldTexts,
  parseChunk,
  parseMessages,
} from "./folds.ts";

interface Oracle {
  /** A request for a stream. */
  readonly body: JsonObject;
  /** What a client makes of the stream. */
  readonly fold: (text: string) => unknown;
  /** The same of the whole answer; it is compared as it is where this is left out. */
  readonly ofWhole?: (whole: unknown) => unknown;
}

const model = "gpt-5.5";
const messages = [{ role: "user", content: "Hi" }];
const withUsage = { stream: true, stream_options: { include_usage: true } };

const chunksOf = (text: string) => {
  expect(text).toMatch(/data: \[DONE\]\n\n$/);
  return text.split("\n\n").slice(0, -2).map(parseChunk);
};
const jsonLines = (text: string): JsonObject[] =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));

interface ChatCompletion {
  readonly choices: readonly [
    {
      readonly message: {
        readonly content: string | null;
        readonly refusal: string | null;
        readonly reasoning_content?: string;
        readonly tool_calls?: readonly FoldedCall[];
      };
      readonly finish_reason: string;
    },
  ];
  readonly usage?: unknown;
}

interface TextCompletion {
  readonly choices: readonly [{ readonly text: string; readonly finish_reason: string }];
  readonly usage?: unknown;
}

interface WholeResponse {
  readonly id: string;
  readonly status: string;
  readonly usage: unknown;
  readonly output: readonly JsonObject[];
}

const ofResponse = (whole: unknown): unknown => {
  const { id, status, usage, output } = whole as WholeResponse;
  return { id, status, usage, output, texts: foldTexts(output) };
};

/** By the facade's name. */
const oracles: Readonly<Record<string, Oracle>> = {
  responses: {
    body: { model, input: "Hi", stream: true },
    // Not by a pattern with `.` or `$`: U+2028 ends no line of a stream.
    fold(text) {
      const data = text.split("\n").filter((line) => line.startsWith("data: "));
      return foldEvents(data.map((line) => JSON.parse(line.slice(6))));
    },
    ofWhole: ofResponse,
  },
  "responses-websocket": {
    body: { model, input: "Hi" },
    fold: (text) => foldEvents(jsonLines(text)),
    ofWhole: ofResponse,
  },
  chat: {
    body: { model, messages, ...withUsage },
    fold(text) {
      const chunks = chunksOf(text);
      return { ...foldChunks(chunks), usage: chunks.at(-1)?.usage ?? undefined };
    },
    ofWhole(whole) {
      const { choices, usage } = whole as ChatCompletion;
      const [{ message: said, finish_reason }] = choices;
      return {
        content: said.content ?? "",
        refusal: said.refusal ?? "",
        reasoning: said.reasoning_content ?? "",
        calls: said.tool_calls ?? [],
        finish: [finish_reason],
        usage,
      };
    },
  },
  completions: {
    body: { model, prompt: "Hi", ...withUsage },
    fold(text) {
      const chunks = chunksOf(text) as unknown as TextCompletion[];
      const choices = chunks.flatMap((chunk) => chunk.choices);
      return {
        text: choices.map((choice) => choice.text).join(""),
        finish: choices.flatMap(({ finish_reason }) => finish_reason ?? []),
        usage: chunks.at(-1)?.usage ?? undefined,
      };
    },
    ofWhole(whole) {
      const { choices, usage } = whole as TextCompletion;
      const [{ text, finish_reason }] = choices;
      return { text, finish: [finish_reason], usage };
    },
  },
  messages: {
    body: { model, messages, max_tokens: 9, stream: true, thinking: { type: "adaptive" } },
    fold: (text) => foldMessages(parseMessages(text)),
  },
  "ollama-chat": { body: { model, messages }, fold: (text) => foldLines(jsonLines(text)) },
  "ollama-generate": { body: { model, prompt: "Hi" }, fold: (text) => foldLines(jsonLines(text)) },
};

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('"', "\\", "\u2028", "\u0000", "é", "😀", "a", "\n") }),
  fc.string({ unit: "binary" }),
  fc.constant('"delta":"'),
);
const pieces = fc.array(text, { maxLength: 4 });
const item = fc.oneof(
  pieces.map((each) => (at: number) => message(at, ...each)),
  pieces.map((each) => (at: number) => refusal(at, ...each)),
  pieces.map((each) => (at: number) => reasoning(at, ...each)),
  pieces.map((each) => (at: number) => {
    return functionCall(at, "look_up", '{"a":', JSON.stringify(each.join("")), "}");
  }),
);
const usage = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 1 },
  total_tokens: 15,
};
const incomplete = (reason: string): JsonObject => ({
  status: "incomplete",
  incomplete_details: { reason },
});
const script = fc.record({
  items: fc.array(item, { maxLength: 5 }),
  isWholeOnly: fc.boolean(),
  hasUsage: fc.boolean(),
  ending: fc.constantFrom<JsonObject>(
    {},
    incomplete("max_output_tokens"),
    incomplete("content_filter"),
  ),
});

const stamp = {
  id: "id_1",
  created: 7,
  model,
  echo: {},
  elapsed: () => ({ firstOutputMs: 20, totalMs: 50 }),
};

const facades: readonly Facade[] = [
  ...createFacades({ chatReasoning: "reasoning_content" }),
  responsesWebSocket as Facade,
];

it("has an oracle for every dialect", () => {
  expect(facades.map(({ name }) => name).sort()).toEqual(Object.keys(oracles).sort());
});

describe.each(facades.map((facade) => [facade.name, facade] as const))("%s", (name, facade) => {
  const { body, fold, ofWhole = (whole: unknown) => whole } = oracles[name] as Oracle;
  const { options } = facade.decode(body);

  it("folds to exactly the whole answer, whatever the answer is", () => {
    fc.assert(
      fc.property(script, ({ items, isWholeOnly, hasUsage, ending }) => {
        const said = items.flatMap((make, index) => make(index));
        const end = completed({ ...(hasUsage ? { usage } : {}), ...ending });
        const events: readonly WireEvent[] = [
          created,
          // An upstream may send its items whole, without a delta before.
          ...(isWholeOnly ? said.filter(({ type }) => !type.endsWith(".delta")) : said),
          { ...end, type: "status" in ending ? "response.incomplete" : end.type },
        ];
        const encoder = createEncoder(facade, options, stamp);
        const answer = createAccumulator({ keepsDeltas: true });
        let streamed = "";
        for (const frame of events.map(toFrame)) {
          streamed += encoder.write(frame);
          answer.add(frame);
        }
        streamed += encoder.end();
        const snapshot = answer.snapshot();
        if (snapshot === undefined) throw new Error("There is no answer.");
        const whole: unknown = JSON.parse(JSON.stringify(facade.whole(snapshot, options, stamp)));
        expect(fold(streamed)).toEqual(ofWhole(whole));
      }),
      { numRuns: 200 },
    );
  });
});
