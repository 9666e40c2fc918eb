/**
 * Folds the frames of one answer into the whole `response` object. The upstream ends every stream
 * with `output: []` (upstream.md 5.3), so the items come from `response.output_item.done`.
 *
 * Holds frames, not parsed events: nothing is parsed before somebody asks for the snapshot.
 */
import type { ResponseSnapshot } from "./events.ts";
import { type Frame, isFailure, isSuccess } from "./frame.ts";
import type { JsonObject } from "./json.ts";

export interface Accumulator {
  add(frame: Frame): void;
  /** The last `response` object seen, its output rebuilt; undefined before the first one. */
  snapshot(): ResponseSnapshot | undefined;
  /** The frame that ended the answer with success. */
  readonly success: Frame | undefined;
  /** The frame that said why there is no answer: `response.failed` if it came, else `error`. */
  readonly failure: Frame | undefined;
  /** How many frames were added. */
  readonly count: number;
}

export function createAccumulator(): Accumulator {
  let opening: Frame | undefined;
  let success: Frame | undefined;
  let failure: Frame | undefined;
  let count = 0;
  const doneItems: Frame[] = [];
  return {
    add(frame) {
      count += 1;
      if (frame.type === "response.output_item.done") doneItems.push(frame);
      else if (isSuccess(frame.type)) success = frame;
      else if (isFailure(frame.type)) failure = frame;
      else if (frame.type === "response.created") opening = frame;
    },
    snapshot() {
      const base = responseOf(success) ?? responseOf(failure) ?? responseOf(opening);
      if (base === undefined) return undefined;
      return doneItems.length === 0 ? base : { ...base, output: itemsInOrder(doneItems) };
    },
    get success() {
      return success;
    },
    get failure() {
      return failure;
    },
    get count() {
      return count;
    },
  };
}

function responseOf(frame: Frame | undefined): ResponseSnapshot | undefined {
  const event = frame?.event;
  return event !== undefined && "response" in event ? event.response : undefined;
}

function itemsInOrder(frames: readonly Frame[]): JsonObject[] {
  // A Map keeps the last item said for an index, should the upstream ever correct itself.
  const byIndex = new Map<number, JsonObject>();
  for (const { event } of frames) {
    if (event.type === "response.output_item.done") byIndex.set(event.output_index, event.rawItem);
  }
  return [...byIndex.entries()].sort(([a], [b]) => a - b).map(([, item]) => item);
}
