/** The ways in which a stream that has begun goes wrong: failed, incomplete, cut, silent. */
import type { Keys } from "./directive.ts";
import type { Step } from "./exchange.ts";
import { entryOf } from "./json.ts";
import { marked } from "./marker.ts";
import { messageEvents } from "./outputs.ts";
import type { Turn } from "./turn.ts";

/** What the codes say by themselves. */
const messages: Readonly<Record<string, string>> = {
  context_length_exceeded:
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
  rate_limit_exceeded: "Rate limit reached. Please try again in 1.5s.",
  server_is_overloaded: "Our servers are currently overloaded. Please try again later.",
  usage_limit_reached: "The usage limit has been reached",
  insufficient_quota: "You exceeded your current quota.",
};
const fallbackMessage = "An error occurred while processing your request.";

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
  readonly only: string;
  readonly shape: string;
}

/** The failure that the keys describe. */
export function failureOf(keys: Keys): Failure {
  const code = keys.word("code");
  return {
    code,
    message: keys.word("message") || (entryOf(messages, code) ?? fallbackMessage),
    param: code === "context_length_exceeded" ? "input" : null,
    only: keys.word("only"),
    shape: keys.word("shape"),
  };
}

/** Live failing turns send both events, `error` first. */
export function* failureEvents(turn: Turn, failure: Failure): Generator<Step> {
  const { code, message, param, only, shape } = failure;
  const type = param === null ? "server_error" : "invalid_request_error";
  if (only !== "failed") {
    const fields = { code, message, param };
    yield turn.event("error", shape === "flat" ? fields : { error: { type, ...fields } });
  }
  if (only !== "error") {
    const response = turn.snapshot("failed", { error: { code, message } });
    yield turn.event("response.failed", { response });
  }
}

/** What an input beyond the context window gets: a stream that fails before it says anything. */
export function* tooLongEvents(turn: Turn): Generator<Step> {
  const code = "context_length_exceeded";
  const message = messages[code] ?? fallbackMessage;
  yield turn.event("response.created", { response: turn.snapshot("in_progress") });
  yield turn.event("response.in_progress", { response: turn.snapshot("in_progress") });
  yield* failureEvents(turn, { code, message, param: "input", only: "both", shape: "nested" });
}

/** The first events of a script. */
export function* firstEvents(script: Iterable<Step>, count: number): Generator<Step> {
  let left = count;
  if (left === 0) return;
  for (const step of script) {
    yield step;
    left -= 1;
    if (left <= 0) return;
  }
}

/** An answer that stops in the middle, with the reason that the server gives for it. */
export function* incompleteEvents(turn: Turn, reason: string): Generator<Step> {
  yield turn.event("response.created", { response: turn.snapshot("in_progress") });
  yield turn.event("response.in_progress", { response: turn.snapshot("in_progress") });
  yield* messageEvents(turn, marked("This answer stops in the"), { status: "incomplete" });
  const response = turn.snapshot("incomplete", { incomplete_details: { reason } });
  yield turn.event("response.incomplete", { response });
}
