/** The table of scenarios by name: what each plays, and the keys that change it. */
import { toolCalls, whole } from "./answers.ts";
import type { KeyDefaults, Keys } from "./directive.ts";
import { gatewayRefusal, type Step, type WholeAnswer } from "./exchange.ts";
import { type FailureContext, failureOfStatus, httpFailures } from "./http-failures.ts";
import { entryOf } from "./json.ts";
import { marked, marker } from "./marker.ts";
import {
  imageEvents,
  messageEvents,
  reasoningEvents,
  refusalEvents,
  searchEvents,
} from "./outputs.ts";
import { failureEvents, failureOf, firstEvents, incompleteEvents } from "./stream-failures.ts";
import type { Turn } from "./turn.ts";

export type Played = WholeAnswer | Iterable<Step>;

export type ScenarioContext = Omit<FailureContext, "keys">;

interface Scenario {
  readonly keys?: KeyDefaults;
  play(turn: Turn, keys: Keys, context: ScenarioContext): Played;
}

const failureKeys = {
  code: "server_error",
  message: "",
  only: "both",
  shape: "nested",
  after: 2,
  delay_ms: 0,
};

export const scenarios: Readonly<Record<string, Scenario>> = {
  ...Object.fromEntries(
    Object.entries(httpFailures).map(([name, fail]): [string, Scenario] => [
      name,
      { keys: { retry_after: 0 }, play: (_, keys, context) => fail({ ...context, keys }) },
    ]),
  ),
  status: {
    keys: { code: 500, variant: "", retry_after: 0 },
    play(_, keys, context) {
      const name = keys.word("variant") || entryOf(failureOfStatus, keys.word("code"));
      const fail = name === undefined ? undefined : entryOf(httpFailures, name);
      if (fail !== undefined) return fail({ ...context, keys });
      return gatewayRefusal(
        `The stand-in has no such status or variant: ${keys.word("variant") || keys.word("code")}`,
      );
    },
  },
  echo: { play: (turn) => whole(turn, messageEvents(turn, marked(turn.text))) },
  "tool-call": {
    keys: { name: "", arguments: "" },
    play: (turn, keys) => {
      // A value ends at a double quote, so JSON is written with the others.
      const written = keys.word("arguments").replaceAll("'", '"');
      return whole(turn, toolCalls(turn, { count: 1, name: keys.word("name"), written }));
    },
  },
  "parallel-tool-calls": {
    play: (turn) => {
      const count = turn.body["parallel_tool_calls"] === false ? 1 : 2;
      return whole(turn, toolCalls(turn, { count, name: "" }));
    },
  },
  reasoning: {
    play: (turn) => {
      const summaries = [
        `**Looking** ${marked("There is nothing to look at.")}`,
        `**Answering** ${marked("There is nothing to think.")}`,
      ];
      return whole(turn, reasoningEvents(turn, summaries), messageEvents(turn, marked(turn.text)));
    },
  },
  refusal: {
    play: (turn) => whole(turn, refusalEvents(turn, marked("This refusal was asked for."))),
  },
  image: {
    play: (turn) => whole(turn, imageEvents(turn), messageEvents(turn, marked("One pixel."))),
  },
  "web-search": { play: (turn) => whole(turn, searchEvents(turn), citedMessage(turn)) },
  unicode: { play: (turn) => whole(turn, messageEvents(turn, marked(oddText))) },
  long: {
    keys: { events: 2000 },
    play: (turn, keys) =>
      whole(turn, messageEvents(turn, "", { deltas: numbered(keys.number("events")) })),
  },
  slow: {
    keys: { events: 10, delay_ms: 100 },
    play: (turn, keys) => {
      const deltas = numbered(keys.number("events"));
      return paced(whole(turn, messageEvents(turn, "", { deltas })), keys.number("delay_ms"));
    },
  },
  keepalive: {
    keys: { count: 3 },
    play: (turn, keys) =>
      whole(turn, keepalives(turn, keys.number("count")), messageEvents(turn, marked(turn.text))),
  },
  silence: { play: () => [{ act: "hold" }] },
  hold: { play: (turn) => stopAfter(turn, 1, [{ act: "hold" }]) },
  stall: {
    keys: { after: 6 },
    play: (turn, keys) => stopAfter(turn, keys.number("after"), [{ act: "hold" }]),
  },
  cut: {
    keys: { after: 6 },
    play: (turn, keys) => stopAfter(turn, keys.number("after"), [{ act: "cut" }]),
  },
  end: { keys: { after: 6 }, play: (turn, keys) => stopAfter(turn, keys.number("after"), []) },
  incomplete: {
    keys: { reason: "max_output_tokens" },
    play: (turn, keys) => incompleteEvents(turn, keys.word("reason")),
  },
  failed: {
    keys: failureKeys,
    play: (turn, keys) => stopAfter(turn, keys.number("after"), failing(turn, keys)),
  },
  "early-failed": {
    keys: { ...failureKeys, after: 1 },
    play: (turn, keys) => stopAfter(turn, keys.number("after"), failing(turn, keys)),
  },
  "context-length": {
    keys: { ...failureKeys, code: "context_length_exceeded" },
    play: (turn, keys) => stopAfter(turn, keys.number("after"), failing(turn, keys)),
  },
};

/** A failure in the same read as the text before it is told with a status; a later one is not. */
function* failing(turn: Turn, keys: Keys): Generator<Step> {
  if (keys.number("delay_ms") > 0) yield { act: "wait", ms: keys.number("delay_ms") };
  yield* failureEvents(turn, failureOf(keys));
}

function* stopAfter(turn: Turn, count: number, ending: Iterable<Step>): Generator<Step> {
  yield* firstEvents(whole(turn, messageEvents(turn, "", { deltas: numbered(count) })), count);
  yield* ending;
}

function* paced(script: Iterable<Step>, ms: number): Generator<Step> {
  for (const step of script) {
    yield step;
    yield { act: "wait", ms };
  }
}

function* keepalives(turn: Turn, count: number): Generator<Step> {
  for (let index = 0; index < count; index += 1) yield turn.event("keepalive", {});
}

function* numbered(count: number): Generator<string> {
  for (let index = 0; index < count; index += 1) {
    yield index === 0 ? `${marker} ` : `word${index} `;
  }
}

function* citedMessage(turn: Turn): Generator<Step> {
  const text = marked("Nothing was searched. See example.com.");
  const start_index = text.indexOf("example.com");
  const annotation = {
    type: "url_citation",
    url: "https://example.com/",
    title: "Example Domain",
    start_index,
    end_index: start_index + "example.com".length,
  };
  yield* messageEvents(turn, text, { annotations: [annotation] });
}

/** Line separators that some readers split at, quotes, backslashes, and characters of several units. */
const oddText =
  'line\u2028separator paragraph\u2029separator next\u0085line "quoted" \\back\\slash\\ \u{1f600}\u{1f469}\u200d\u{1f680} \u{1d54f} e\u0301 \u05d0\u05d1 \u0000null\ttab\r\nend';
