/** The small mappings that the streamed and the whole chat completion share. */
import type { ResponseSnapshot, Usage } from "../../protocol/events.ts";
import type { ImageItem } from "../../protocol/items.ts";
import type { JsonObject } from "../../protocol/json.ts";

/** How reasoning summaries are shown: in a field of their own, in the text, or not at all. */
export type ReasoningStyle = "reasoning_content" | "think_tags" | "none";

export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "function_call";

export function toFinishReason(
  response: ResponseSnapshot,
  calls: { readonly count: number; readonly isLegacy: boolean },
): FinishReason {
  if (response.status === "incomplete") {
    return response.incomplete_details?.reason === "content_filter" ? "content_filter" : "length";
  }
  if (calls.count === 0) return "stop";
  return calls.isLegacy ? "function_call" : "tool_calls";
}

export interface ChatUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
}

/** Token counts under their chat names; undefined when the upstream gave none. */
export function toChatUsage(usage: Usage | null | undefined): ChatUsage | undefined {
  if (!usage) return undefined;
  return {
    prompt_tokens: usage.input_tokens,
    completion_tokens: usage.output_tokens,
    total_tokens: usage.total_tokens ?? usage.input_tokens + usage.output_tokens,
    prompt_tokens_details: { cached_tokens: usage.input_tokens_details?.cached_tokens ?? 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.output_tokens_details?.reasoning_tokens ?? 0,
    },
  };
}

/** The tier that answered, which only the end of an answer tells. */
export function toServiceTier({ service_tier }: ResponseSnapshot): { service_tier?: string } {
  return typeof service_tier === "string" ? { service_tier } : {};
}

/** Chat nests a citation under its type; undefined for kinds that chat does not know. */
export function toChatAnnotation(annotation: JsonObject): JsonObject | undefined {
  if (annotation["type"] !== "url_citation") return undefined;
  const { start_index, end_index, url, title } = annotation;
  return { type: "url_citation", url_citation: { start_index, end_index, url, title } };
}

/** A generated image as chat clients take one: a data URL. */
export function toChatImage({ result, output_format }: ImageItem): JsonObject {
  return {
    type: "image_url",
    image_url: { url: `data:image/${output_format};base64,${result}` },
  };
}

/** Between the parts of a reasoning summary, streamed and whole. */
export const reasoningSeparator = "\n\n";
/** Around a reasoning summary that is shown in the text. */
export const thinkTags = { open: "<think>", close: "</think>\n\n" } as const;
