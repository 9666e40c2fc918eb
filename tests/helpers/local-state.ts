/** What the stores of local state are made with in tests: ids that count, a clock that is set. */
import type { Clock, Ids } from "../../src/scope.ts";

export function countingIds(): Ids {
  let count = 0;
  return {
    next() {
      count += 1;
      return hex(count);
    },
  };
}

/** The id number `count` of `countingIds`: 32 hex digits. */
export function hex(count: number): string {
  return count.toString(16).padStart(32, "0");
}

export function settableClock(
  start = 1_700_000_000_000,
): Clock & { now: () => number; set(ms: number): void } {
  let current = start;
  return {
    now: () => current,
    set(ms) {
      current = ms;
    },
  };
}

export function userMessage(text: string) {
  return { type: "message", role: "user", content: [{ type: "input_text", text }] } as const;
}

export function assistantMessage(text: string, id = "msg_1") {
  return {
    id,
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text, annotations: [], logprobs: [] }],
  } as const;
}

/** Bytes as an upload brings them. */
export async function* bytesOf(content: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content);
}
