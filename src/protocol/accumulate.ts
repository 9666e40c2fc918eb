/**
 * Folds the frames of one answer into the whole `response` object. The upstream ends every stream
 * with `output: []` (upstream.md 5.3), so the items come from `response.output_item.done`.
 *
 * Holds frames, not parsed events: nothing is parsed before somebody asks for the snapshot.
 */
import type { ResponseSnapshot } from "./events.ts";
import { type Frame, isFailure, isSuccess } from "./frame.ts";
import { asString, isJsonObject, type JsonObject, parseJson } from "./json.ts";

export interface Accumulator {
  add(frame: Frame): void;
  /** The last `response` object seen, its output rebuilt; undefined before the first one. */
  snapshot(): ResponseSnapshot | undefined;
  /** The frame that ended the answer with success. */
  readonly success: Frame | undefined;
  /** Text was streamed that the snapshot does not have: its message was never said to be whole. */
  readonly lacksText: boolean;
  /** The frames that said why there is no answer: `error`, `response.failed`, or one after the other. */
  readonly failures: readonly Frame[];
  /** How many frames were added. */
  readonly count: number;
}

/** `keepsDeltas`: hold the text of a message that is not whole yet, for an answer nobody else has. */
export function createAccumulator({ keepsDeltas = false } = {}): Accumulator {
  let opening: Frame | undefined;
  let success: Frame | undefined;
  const failures: Frame[] = [];
  let count = 0;
  const doneItems: Frame[] = [];
  /** Text has come of a message that has not been said to be whole. */
  let isTextOpen = false;
  let openDeltas: Frame[] = [];

  /** A terminal event that was cut, or comes before its items are whole, ends nothing. */
  const isWhole = (frame: Frame): boolean =>
    frame.event.type === frame.type &&
    doneItems.every(({ event }) => event.type === "response.output_item.done") &&
    !(frame.type === "response.completed" && isTextOpen);

  return {
    add(frame) {
      count += 1;
      if (frame.type === "response.output_text.delta") {
        isTextOpen = true;
        if (keepsDeltas) openDeltas.push(frame);
      } else if (frame.type === "response.output_item.done") {
        isTextOpen = false;
        openDeltas = [];
        doneItems.push(frame);
      } else if (isSuccess(frame.type) && isWhole(frame)) success = frame;
      else if (isFailure(frame.type)) failures.push(frame);
      else if (frame.type === "response.created") opening = frame;
    },
    snapshot() {
      const base = responseOf(success) ?? responseOf(failures.at(-1)) ?? responseOf(opening);
      if (base === undefined) return undefined;
      const items = [...itemsInOrder(doneItems), ...unfinishedMessage(openDeltas)];
      return items.length === 0 ? base : { ...base, output: items };
    },
    get success() {
      return success;
    },
    get lacksText() {
      return isTextOpen && !keepsDeltas;
    },
    failures,
    get count() {
      return count;
    },
  };
}

function responseOf(frame: Frame | undefined): ResponseSnapshot | undefined {
  const event = frame?.event;
  return event !== undefined && "response" in event ? event.response : undefined;
}

/** The message whose text was streamed and which was never said to be whole. */
function unfinishedMessage(deltas: readonly Frame[]): JsonObject[] {
  const [first] = deltas;
  if (first === undefined) return [];
  const text = deltas
    .map(({ event }) => (event.type === "response.output_text.delta" ? event.delta : ""))
    .join("");
  const content = [{ type: "output_text", text, annotations: [], logprobs: [] }];
  const body = parseJson(first.data);
  const id = (isJsonObject(body) ? asString(body["item_id"]) : undefined) ?? "msg_0";
  return [{ id, type: "message", status: "incomplete", role: "assistant", content }];
}

function itemsInOrder(frames: readonly Frame[]): JsonObject[] {
  // A Map keeps the last item said for an index, should the upstream ever correct itself.
  const byIndex = new Map<number, JsonObject>();
  for (const { event } of frames) {
    if (event.type !== "response.output_item.done") continue;
    byIndex.set(event.hasIndex ? event.output_index : byIndex.size, event.rawItem);
  }
  return [...byIndex.entries()].sort(([a], [b]) => a - b).map(([, item]) => item);
}
