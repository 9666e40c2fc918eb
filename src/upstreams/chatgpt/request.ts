/**
 * What the ChatGPT backend accepts of a Responses request (upstream.md 4.5 to 4.8). Pure: a request
 * in, the body to send and what had to be left out.
 */
import { isJsonObject } from "../../protocol/json.ts";
import type { ResponsesRequest } from "../../protocol/request.ts";
import type { Disclosure } from "../../scope.ts";

export interface WireRequest {
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly changes: readonly Disclosure[];
}

/** Sent as they are. The backend answers 400 `Unsupported parameter` to any other name. */
const accepted: ReadonlySet<string> = new Set([
  "model",
  "input",
  "instructions",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "reasoning",
  "text",
  "include",
  "prompt_cache_key",
  "service_tier",
  "stream_options",
  "client_metadata",
  "access_programs",
]);

/** The reason where there is no better one; the tables of the routes may know more. */
export const notTaken = "The upstream does not take this parameter.";

const liteHeader = "x-openai-internal-codex-responses-lite";

/** `cacheKey`: in the place of the request's own. */
export function toWireRequest(request: ResponsesRequest, cacheKey?: string): WireRequest {
  const changes: Disclosure[] = [];
  const body: Record<string, unknown> = {};
  const asked = request as unknown as Readonly<Record<string, unknown>>;
  for (const parameter of Object.keys(asked)) {
    if (accepted.has(parameter)) body[parameter] = asked[parameter];
    else changes.push(ignored(parameter, notTaken));
  }
  if (cacheKey !== undefined) body["prompt_cache_key"] = cacheKey;
  body["input"] = withSealedReasoning(request, changes);
  body["include"] = withSealed(body["include"]);
  nameEffort(body);
  if (!isLite(request)) dropEmptyTools(body, changes);
  dropServiceTier(body, changes);
  dropIncludeUsage(body, changes);
  body["store"] = false;
  body["stream"] = true;
  return {
    body,
    headers: isLite(request) ? { [liteHeader]: "true" } : {},
    changes,
  };
}

function ignored(parameter: string, reason: string): Disclosure {
  return { kind: "ignored", parameter, reason };
}

/** `tools: []` breaks models with tools of their own, and a choice among no tools means nothing. */
function dropEmptyTools(body: Record<string, unknown>, changes: Disclosure[]): void {
  const tools = body["tools"];
  if (Array.isArray(tools) && tools.length > 0) return;
  // What is not there is not deleted: an object is slower ever after.
  if (tools === undefined && body["tool_choice"] === undefined) return;
  const choice = body["tool_choice"] ?? "auto";
  if (choice !== "auto" && choice !== "none") {
    changes.push(ignored("tool_choice", "There are no tools to choose from."));
  }
  delete body["tools"];
  delete body["tool_choice"];
}

const sealed = "reasoning.encrypted_content";

/**
 * Always asked for, as the genuine clients do: nothing is stored upstream, so a reasoning item that
 * comes back with its id alone is answered with 404 (upstream.md 4.8, 4.10).
 */
function withSealed(include: unknown): readonly unknown[] {
  const asked: readonly unknown[] = Array.isArray(include) ? include : [];
  return asked.includes(sealed) ? asked : [...asked, sealed];
}

/** Reasoning items as the upstream takes them back: sealed, and without the id that it forgot. */
function withSealedReasoning(
  { input }: ResponsesRequest,
  changes: Disclosure[],
): ResponsesRequest["input"] {
  if (input.every(({ type }) => type !== "reasoning")) return input;
  return input.flatMap((item, index) => {
    if (item["type"] !== "reasoning") return [item];
    if (typeof item["encrypted_content"] !== "string" || item["encrypted_content"] === "") {
      changes.push(ignored(`input[${index}]`, "Reasoning without its sealed content is unknown."));
      return [];
    }
    const { id: _id, ...rest } = item;
    return [{ summary: [], ...rest }];
  });
}

/** `ultra` is a name of the catalogue; on the wire it is `max` (upstream.md 9). */
function nameEffort(body: Record<string, unknown>): void {
  const { reasoning } = body;
  if (isJsonObject(reasoning) && reasoning["effort"] === "ultra") {
    body["reasoning"] = { ...reasoning, effort: "max" };
  }
}

/** Any other tier is refused: `{"detail":"Unsupported service_tier: flex"}`. */
function dropServiceTier(body: Record<string, unknown>, changes: Disclosure[]): void {
  const tier = body["service_tier"];
  if (tier === undefined || tier === "priority") return;
  delete body["service_tier"];
  // `auto` and `default` ask for what happens anyway.
  if (tier !== "auto" && tier !== "default") {
    changes.push(ignored("service_tier", "The upstream takes `priority` only."));
  }
}

/** The usage of an answer is always in its last event; asking for it is refused. */
function dropIncludeUsage(body: Record<string, unknown>, changes: Disclosure[]): void {
  const options = body["stream_options"];
  if (options === undefined) return;
  if (typeof options !== "object" || options === null) {
    delete body["stream_options"];
    return;
  }
  if (!("include_usage" in options)) return;
  const { include_usage: _includeUsage, ...rest } = options;
  delete body["stream_options"];
  if (Object.keys(rest).length > 0) body["stream_options"] = rest;
  changes.push(ignored("stream_options.include_usage", "Every answer ends with its usage."));
}

/** A body in the "lite" form (upstream.md 4.9) has to come with its header. */
function isLite(request: ResponsesRequest): boolean {
  return request.input[0]?.["type"] === "additional_tools";
}
