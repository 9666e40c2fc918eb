/** The small mappings that the streamed and the whole message share. */
import type { ResponseSnapshot, Usage } from "../../protocol/events.ts";
import type { ContentPart, CustomToolCallItem, FunctionCallItem } from "../../protocol/items.ts";
import { asString, isJsonObject, type JsonObject, parseJson } from "../../protocol/json.ts";

/** What was seen while the answer was told. */
export interface Seen {
  readonly stop: string | undefined;
  readonly hasCalls: boolean;
  readonly hasRefused: boolean;
  readonly searches: number;
}

/** An answer that was cut short says so, even if it has calls in it: the last one may be half. */
export function toStop(
  { status, incomplete_details }: ResponseSnapshot,
  { stop, hasCalls, hasRefused }: Seen,
): { readonly stop_reason: string; readonly stop_sequence: string | null } {
  if (stop !== undefined) return { stop_reason: "stop_sequence", stop_sequence: stop };
  const isFiltered = incomplete_details?.reason === "content_filter";
  if (status === "incomplete") {
    return { stop_reason: isFiltered ? "refusal" : "max_tokens", stop_sequence: null };
  }
  const spoken = hasRefused ? "refusal" : "end_turn";
  return { stop_reason: hasCalls ? "tool_use" : spoken, stop_sequence: null };
}

/** This dialect counts what came from the cache apart; the upstream counts it in. */
export function toUsage(
  usage: Usage | null | undefined,
  { service_tier }: Pick<ResponseSnapshot, "service_tier">,
  searches: number,
): JsonObject {
  const cached = usage?.input_tokens_details?.cached_tokens ?? 0;
  return {
    input_tokens: Math.max(0, (usage?.input_tokens ?? 0) - cached),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: usage?.output_tokens ?? 0,
    output_tokens_details: {
      thinking_tokens: usage?.output_tokens_details?.reasoning_tokens ?? 0,
    },
    ...(searches === 0 ? {} : { server_tool_use: { web_search_requests: searches } }),
    service_tier: service_tier === "priority" ? "priority" : "standard",
  };
}

/** Between the parts of a reasoning summary. */
export const partSeparator = "\n\n";

export function toSummary(parts: readonly { readonly text: string }[]): string {
  return parts
    .map(({ text }) => text)
    .filter((text) => text !== "")
    .join(partSeparator);
}

/** A refusal is told as text; `stop_reason` says that it is one. */
export function toText(parts: readonly ContentPart[]): string {
  return parts.map(({ text, refusal }) => (text ?? "") + (refusal ?? "")).join("");
}

export function toCitations(parts: readonly ContentPart[]): JsonObject[] {
  return parts.flatMap(({ annotations = [] }) =>
    annotations
      .filter(({ type }) => type === "url_citation")
      .map(({ url, title }) => ({
        type: "web_search_result_location",
        url: asString(url) ?? "",
        title: asString(title) ?? null,
        cited_text: "",
        encrypted_index: "",
      })),
  );
}

/** The head of a call's block; clients take ids of these characters only. */
export function toToolUse({ call_id, name }: FunctionCallItem | CustomToolCallItem) {
  return { type: "tool_use", id: call_id.replaceAll(/[^\w-]/g, "_"), name, input: {} };
}

/** The arguments as JSON of an object: a custom tool's input is a plain text. */
export function argumentsOf(item: FunctionCallItem | CustomToolCallItem): string {
  return item.type === "function_call" ? item.arguments : JSON.stringify({ input: item.input });
}

export function parseArguments(text: string): JsonObject {
  const value = parseJson(text);
  return isJsonObject(value) ? value : {};
}

/** A web search as a call of the server's tool, and its result: the sources, where they are told. */
export function toSearch(raw: JsonObject): {
  use: JsonObject;
  query: JsonObject;
  result: JsonObject;
} {
  const action = isJsonObject(raw["action"]) ? raw["action"] : {};
  const asked = action["query"] ?? action["url"] ?? action["pattern"];
  const id = `srvtoolu_${(asString(raw["id"]) ?? "").replaceAll(/[^\w-]/g, "_")}`;
  const sources = Array.isArray(action["sources"]) ? action["sources"].filter(isJsonObject) : [];
  return {
    use: { type: "server_tool_use", id, name: "web_search", input: {} },
    query: { query: asString(asked) ?? "" },
    result: {
      type: "web_search_tool_result",
      tool_use_id: id,
      content: sources.map(({ url }) => ({
        type: "web_search_result",
        url,
        title: url,
        encrypted_content: "",
        page_age: null,
      })),
    },
  };
}

export function isSearch(raw: JsonObject): boolean {
  return raw["type"] === "web_search_call";
}
