/**
 * What flows through the middle of the program: the events of the Responses API and the frames that
 * carry them. The shapes are those of upstream.md 5.3 and 5.4; fields that nobody here reads are
 * not listed, but stay in `frame.data`.
 */
import { type OutputItem, textOf, toOutputItem } from "./items.ts";
import { asNumber, isJsonObject, type JsonObject, parseJson } from "./json.ts";

export interface Usage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens?: number;
  readonly input_tokens_details?: { readonly cached_tokens?: number } | null;
  readonly output_tokens_details?: { readonly reasoning_tokens?: number } | null;
}

/** A `response` object. `output` holds the items as received, whatever their kind. */
export interface ResponseSnapshot {
  readonly id: string;
  readonly status?: string;
  readonly model?: string;
  readonly service_tier?: string;
  readonly output: readonly JsonObject[];
  readonly usage?: Usage | null;
  readonly incomplete_details?: { readonly reason?: string } | null;
  readonly error?: { readonly code?: string | null; readonly message?: string } | null;
}

interface DeltaPlace {
  readonly output_index: number;
  readonly delta: string;
}

/** An output item begins or is whole. */
export interface ItemEvent {
  readonly type: "response.output_item.added" | "response.output_item.done";
  readonly output_index: number;
  /** False when the event names no place; items then follow each other. */
  readonly hasIndex: boolean;
  readonly item: OutputItem;
  /** The item as received, with the fields that `item` does not list. */
  readonly rawItem: JsonObject;
}

/** The answer is whole, as far as it goes. */
export interface SuccessEvent {
  readonly type: "response.completed" | "response.incomplete";
  readonly response: ResponseSnapshot;
}

export type ResponsesEvent =
  | {
      readonly type: "response.created" | "response.in_progress" | "response.queued";
      readonly response: ResponseSnapshot;
    }
  | ItemEvent
  | ({ readonly type: "response.output_text.delta" | "response.refusal.delta" } & DeltaPlace)
  | ({
      readonly type: "response.reasoning_summary_text.delta";
      readonly summary_index: number;
    } & DeltaPlace)
  | ({
      readonly type:
        | "response.function_call_arguments.delta"
        | "response.custom_tool_call_input.delta";
    } & DeltaPlace)
  | { readonly type: "response.output_text.annotation.added"; readonly annotation: JsonObject }
  | SuccessEvent
  | { readonly type: "response.failed"; readonly response: ResponseSnapshot }
  | { readonly type: "error"; readonly error: JsonObject }
  /** Known to the wire and not to us: never dropped, forwarded by `/v1/responses`. */
  | { readonly type: "unmodelled"; readonly wireType: string };

/** The meaning of one SSE message. Unknown and malformed ones become `unmodelled`; nothing throws. */
export function parseEvent(wireType: string, data: string): ResponsesEvent {
  const body = parseJson(data);
  if (!isJsonObject(body)) return { type: "unmodelled", wireType };
  const index = typeof body["output_index"] === "number" ? body["output_index"] : 0;
  switch (wireType) {
    case "response.created":
    case "response.in_progress":
    case "response.queued":
    case "response.completed":
    case "response.incomplete":
    case "response.failed": {
      const response = toSnapshot(body["response"]);
      return response === undefined
        ? { type: "unmodelled", wireType }
        : { type: wireType, response };
    }
    case "response.output_item.added":
    case "response.output_item.done": {
      const raw = body["item"];
      if (!isJsonObject(raw)) return { type: "unmodelled", wireType };
      const hasIndex = typeof body["output_index"] === "number";
      const item = toOutputItem(raw);
      return { type: wireType, output_index: index, hasIndex, item, rawItem: raw };
    }
    case "response.output_text.delta":
    case "response.refusal.delta":
    case "response.function_call_arguments.delta":
    case "response.custom_tool_call_input.delta":
      return { type: wireType, output_index: index, delta: textOf(body["delta"]) };
    case "response.reasoning_summary_text.delta": {
      const part = typeof body["summary_index"] === "number" ? body["summary_index"] : 0;
      return {
        type: wireType,
        output_index: index,
        summary_index: part,
        delta: textOf(body["delta"]),
      };
    }
    case "response.output_text.annotation.added": {
      const { annotation } = body;
      return isJsonObject(annotation)
        ? { type: wireType, annotation }
        : { type: "unmodelled", wireType };
    }
    case "error": {
      // Two shapes on the wire: nested under `error` (live) and flat (platform documentation), where
      // `type` is the event's own.
      const { type: _type, ...flat } = body;
      return { type: "error", error: isJsonObject(body["error"]) ? body["error"] : flat };
    }
    default:
      return { type: "unmodelled", wireType };
  }
}

/** A `response` object from the wire, or undefined when it is none. Usage of null stays null. */
function toSnapshot(value: unknown): ResponseSnapshot | undefined {
  if (!isJsonObject(value) || typeof value["id"] !== "string") return undefined;
  const output = Array.isArray(value["output"]) ? value["output"].filter(isJsonObject) : [];
  const usage = isUsage(value["usage"]) ? value["usage"] : null;
  // In place: it was parsed here and is nobody else's, and a copy of its thirty fields is not free.
  const response = Object.assign(value, { output, usage });
  // The cast is covered by the lines above; the remaining fields are optional everywhere.
  return response as unknown as ResponseSnapshot;
}

/** Sums are made of it: without its two counts it tells nothing. */
function isUsage(value: unknown): value is JsonObject {
  return (
    isJsonObject(value) &&
    asNumber(value["input_tokens"]) !== undefined &&
    asNumber(value["output_tokens"]) !== undefined
  );
}
