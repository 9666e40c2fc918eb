/** The small mappings that the streamed and the whole chat completion share. */
import type { ResponseSnapshot, Usage } from "../../protocol/events.ts";

export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter";

export function toFinishReason(response: ResponseSnapshot, calledTools: boolean): FinishReason {
  if (response.status === "incomplete") {
    return response.incomplete_details?.reason === "content_filter" ? "content_filter" : "length";
  }
  return calledTools ? "tool_calls" : "stop";
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

/** Between the parts of a reasoning summary, streamed and whole. */
export const reasoningSeparator = "\n\n";
