/**
 * The events of a responses answer on their way out: as they came in, except that the `response`
 * objects lose what names the account, and the last one carries the output that the upstream leaves
 * out. How an event is framed is the caller's.
 */
import type { RelayError } from "../../errors.ts";
import type { ResponseSnapshot } from "../../protocol/events.ts";
import { type Frame, isSuccess } from "../../protocol/frame.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../protocol/json.ts";
import type { AnswerSoFar, Encoder, Stamp } from "../facade.ts";

/** How events leave: as a stream of server-sent events, or one by one. */
export interface EventForm {
  event(type: string, data: string): string;
  /** A frame as it came. */
  frame(frame: Frame): string;
  /** In place of the upstream's `keepalive`, which is no event of OpenAI's: closed lists fail on it. */
  readonly keepalive: string;
  /** The event that tells a failure. */
  error(error: RelayError, sequence: number): JsonObject;
  /** Does the upstream's own `error` go out as it came? If not, its meaning is told at the end. */
  readonly passesErrors: boolean;
}

/** The upstream's object with what this relay answers for; the account's user id stays out of it. */
export function toAnswer(response: ResponseSnapshot, { echo }: Stamp): ResponseSnapshot {
  const named = "safety_identifier" in response ? { safety_identifier: null } : {};
  return { ...response, ...echo, ...named };
}

export function createEventEncoder(stamp: Stamp, answer: AnswerSoFar, form: EventForm): Encoder {
  return new EventEncoder(stamp, answer, form);
}

/** Parses only the frames that hold a whole `response`. */
class EventEncoder implements Encoder {
  readonly #stamp: Stamp;
  readonly #answer: AnswerSoFar;
  readonly #form: EventForm;

  constructor(stamp: Stamp, answer: AnswerSoFar, form: EventForm) {
    this.#stamp = stamp;
    this.#answer = answer;
    this.#form = form;
  }

  write(frame: Frame): string {
    switch (frame.type) {
      case "response.created":
      case "response.in_progress":
      case "response.queued":
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
        return this.#withResponse(frame);
      case "keepalive":
        return this.#form.keepalive;
      case "error":
        return this.#form.passesErrors ? this.#form.frame(frame) : "";
      default:
        return this.#form.frame(frame);
    }
  }

  end(): string {
    return "";
  }

  fail(error: RelayError): string {
    if (this.#isTold()) return "";
    const { event, error: told } = this.#form;
    return event("error", JSON.stringify(told(error, this.#answer.count)));
  }

  /** The frame with its `response` object made fit to leave; as it came when it has none. */
  #withResponse(frame: Frame): string {
    const isLast = isSuccess(frame.type);
    if (!isLast && !/"safety_identifier"\s*:\s*"/.test(frame.data)) return this.#form.frame(frame);
    const body = parseJson(frame.data);
    // What was cut is not passed on: the error that follows it says what happened.
    if (!isJsonObject(body)) return "";
    const snapshot = isLast ? this.#answer.snapshot() : undefined;
    const own = isJsonObject(body["response"]) ? body["response"] : {};
    const response =
      snapshot === undefined
        ? { ...own, safety_identifier: null }
        : toAnswer(snapshot, this.#stamp);
    return this.#form.event(frame.type, JSON.stringify({ ...body, type: frame.type, response }));
  }

  /** The upstream's own failure has gone out. */
  #isTold(): boolean {
    return this.#answer.failures.some(
      ({ type }) => this.#form.passesErrors || type === "response.failed",
    );
  }
}
