/**
 * One SSE message of the upstream, read lazily. Its type comes from the `event:` line, so a frame
 * that is only passed on is never parsed: parsing every event of a pass-through stream costs 0.6 us
 * each, more than everything else that happens to it.
 */
import { parseEvent, type ResponsesEvent } from "./events.ts";

export class Frame {
  readonly type: string;
  /** The JSON as received. */
  readonly data: string;
  /** All of it as a server-sent event, where it came as one in the form that ours have. */
  readonly text: string | undefined;
  #event: ResponsesEvent | undefined;

  constructor(type: string, data: string, text?: string) {
    this.type = type;
    this.data = data;
    this.text = text;
  }

  /** The parsed meaning; made on first use and kept. */
  get event(): ResponsesEvent {
    this.#event ??= parseEvent(this.type, this.data);
    return this.#event;
  }
}

/**
 * The names that upstreams have for types. As texts of our own, because V8 compares two of those by
 * their address; a piece of a larger text is compared letter by letter, and each frame a few times.
 */
const types: ReadonlyMap<string, string> = new Map([
  ...[
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.output_item.done",
    "response.content_part.added",
    "response.content_part.done",
    "response.output_text.delta",
    "response.output_text.done",
    "response.reasoning_summary_text.delta",
    "response.function_call_arguments.delta",
    "response.custom_tool_call_input.delta",
    "response.completed",
  ].map((type) => [type, type] as const),
  // Some streams end under another name (dialects.md d0); it means the same.
  ["response.done", "response.completed"],
]);

export function typeNamed(name: string): string {
  return types.get(name) ?? name;
}

/** The frames of one network read. */
export type FrameBatch = readonly Frame[];

/** The upstream has said that the answer is whole: the only ends that count as success. */
export function isSuccess(type: string): boolean {
  return type === "response.completed" || type === "response.incomplete";
}

/** The upstream has said that there is no answer. A live failure sends `error`, then `response.failed`. */
export function isFailure(type: string): boolean {
  return type === "error" || type === "response.failed";
}

const prelude = new Set([
  "response.created",
  "response.in_progress",
  "response.queued",
  "response.metadata",
  "codex.rate_limits",
  "codex.response.metadata",
  "keepalive",
]);

/**
 * Does this frame carry a part of the answer? Everything does but the opening notices, so that an
 * unknown event ends the wait for output instead of prolonging it.
 */
export function isOutput(type: string): boolean {
  return !prelude.has(type) && !isFailure(type);
}
