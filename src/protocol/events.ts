/**
 * What flows through the middle of the program: the events of the Responses API and the frames that
 * carry them. The shapes are those of upstream.md 5.3 and 5.4; fields that nobody here reads are
 * not listed, but stay in `frame.data`.
 */
import { isJsonObject, type JsonObject, parseJson } from "./json.ts";

export interface ContentPart {
  readonly type: string;
  readonly text?: string;
  readonly refusal?: string;
  /** Where a text is from: `url_citation` and its like, as received. */
  readonly annotations?: readonly JsonObject[];
}

export interface MessageItem {
  readonly type: "message";
  readonly id?: string;
  readonly content: readonly ContentPart[];
}

export interface FunctionCallItem {
  readonly type: "function_call";
  readonly id?: string;
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
}

export interface CustomToolCallItem {
  readonly type: "custom_tool_call";
  readonly id?: string;
  readonly call_id: string;
  readonly name: string;
  readonly input: string;
}

export interface ImageItem {
  readonly type: "image_generation_call";
  readonly id?: string;
  /** Base64; empty while the image is made. */
  readonly result: string;
  readonly output_format: string;
}

export interface ReasoningItem {
  readonly type: "reasoning";
  readonly id?: string;
  readonly summary: readonly { readonly text: string }[];
}

/** Kinds that no facade looks into: searches, namespaces, and what comes later. */
export interface OtherItem {
  readonly type: "other";
}

export type OutputItem =
  | MessageItem
  | FunctionCallItem
  | CustomToolCallItem
  | ReasoningItem
  | ImageItem
  | OtherItem;

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
      return { type: wireType, output_index: index, item: toOutputItem(raw), rawItem: raw };
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

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A `response` object from the wire, or undefined when it is none. Usage of null stays null. */
function toSnapshot(value: unknown): ResponseSnapshot | undefined {
  if (!isJsonObject(value) || typeof value["id"] !== "string") return undefined;
  const output = Array.isArray(value["output"]) ? value["output"].filter(isJsonObject) : [];
  const usage = isJsonObject(value["usage"]) ? value["usage"] : null;
  // The cast is covered by the three lines above; the remaining fields are optional everywhere.
  return { ...value, output, usage } as unknown as ResponseSnapshot;
}

/** An output item as the facades read it. */
export function toOutputItem(raw: JsonObject): OutputItem {
  const id = typeof raw["id"] === "string" ? { id: raw["id"] } : {};
  switch (raw["type"]) {
    case "message":
      return { type: "message", ...id, content: objects(raw["content"]).map(toContentPart) };
    case "function_call":
      return {
        type: "function_call",
        ...id,
        call_id: textOf(raw["call_id"]),
        name: textOf(raw["name"]),
        arguments: textOf(raw["arguments"]),
      };
    case "custom_tool_call":
      return {
        type: "custom_tool_call",
        ...id,
        call_id: textOf(raw["call_id"]),
        name: textOf(raw["name"]),
        input: textOf(raw["input"]),
      };
    case "image_generation_call":
      return {
        type: "image_generation_call",
        ...id,
        result: textOf(raw["result"]),
        output_format: textOf(raw["output_format"]) || "png",
      };
    case "reasoning":
      return {
        type: "reasoning",
        ...id,
        summary: objects(raw["summary"]).map((part) => ({ text: textOf(part["text"]) })),
      };
    default:
      return { type: "other" };
  }
}

function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function toContentPart(part: JsonObject): ContentPart {
  return {
    type: textOf(part["type"]),
    ...(typeof part["text"] === "string" ? { text: part["text"] } : {}),
    ...(typeof part["refusal"] === "string" ? { refusal: part["refusal"] } : {}),
    ...(Array.isArray(part["annotations"]) && part["annotations"].length > 0
      ? { annotations: objects(part["annotations"]) }
      : {}),
  };
}
