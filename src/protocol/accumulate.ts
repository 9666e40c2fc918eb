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
  return new FrameAccumulator(keepsDeltas);
}

/** A class, because V8 defines the getters of an object literal one by one, for each request anew. */
class FrameAccumulator implements Accumulator {
  success: Frame | undefined;
  count = 0;
  readonly failures: Frame[] = [];
  readonly #keepsDeltas: boolean;
  readonly #doneItems: Frame[] = [];
  #opening: Frame | undefined;
  /** Text has come of a message that has not been said to be whole. */
  #isTextOpen = false;
  #openDeltas: Frame[] = [];
  /** Asked for by the log, by what is remembered and by the answer itself. */
  #made: { readonly snapshot: ResponseSnapshot | undefined; readonly count: number } | undefined;

  constructor(keepsDeltas: boolean) {
    this.#keepsDeltas = keepsDeltas;
  }

  get lacksText(): boolean {
    return this.#isTextOpen && !this.#keepsDeltas;
  }

  add(frame: Frame): void {
    this.count += 1;
    if (frame.type === "response.output_text.delta") {
      this.#isTextOpen = true;
      if (this.#keepsDeltas) this.#openDeltas.push(frame);
    } else if (frame.type === "response.output_item.done") {
      this.#isTextOpen = false;
      this.#openDeltas = [];
      this.#doneItems.push(frame);
    } else if (isSuccess(frame.type) && this.#isWhole(frame)) this.success = frame;
    else if (isFailure(frame.type)) this.failures.push(frame);
    else if (frame.type === "response.created") this.#opening = frame;
  }

  snapshot(): ResponseSnapshot | undefined {
    if (this.#made?.count !== this.count) {
      this.#made = { snapshot: this.#snapshot(), count: this.count };
    }
    return this.#made.snapshot;
  }

  #snapshot(): ResponseSnapshot | undefined {
    const base =
      responseOf(this.success) ?? responseOf(this.failures.at(-1)) ?? responseOf(this.#opening);
    if (base === undefined) return undefined;
    const items = [...itemsInOrder(this.#doneItems), ...unfinishedMessage(this.#openDeltas)];
    return items.length === 0 ? base : { ...base, output: items };
  }

  /** A terminal event that was cut, or comes before its items are whole, ends nothing. */
  #isWhole(frame: Frame): boolean {
    return (
      frame.event.type === frame.type &&
      this.#doneItems.every(({ event }) => event.type === "response.output_item.done") &&
      !(frame.type === "response.completed" && this.#isTextOpen)
    );
  }
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
