/**
 * The output items of an answer as the facades read them (upstream.md 5.4). Fields that nobody here
 * reads are not listed; the item as received travels beside these.
 */
import { isJsonObject, type JsonObject } from "./json.ts";

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

/** The value when it is a text, else an empty one. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
