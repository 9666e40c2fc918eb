/** A Messages body as a Responses request, and what its answer has to know of it. */
import { asString, isJsonObject, type JsonObject, parseJson } from "../../protocol/json.ts";
import type { ResponsesRequest } from "../../protocol/request.ts";
import type { Change, Decoded } from "../facade.ts";
import {
  asBody,
  invalid,
  optionalArray,
  optionalBoolean,
  optionalObject,
  optionalString,
  requiredString,
  shown,
} from "../fields.ts";
import { completeFormat } from "../strict-schema.ts";
import { decodeConversation } from "./conversation.ts";
import { estimateTokens } from "./estimate.ts";
import { toPlainName } from "./models.ts";
import { ignoredParameters } from "./parameters.ts";
import { decodeThinking, type ThinkingStyle } from "./thinking.ts";
import { decodeTools } from "./tools.ts";

export interface MessagesOptions {
  /** The model as the client named it: clients look it up in tables of their own. */
  readonly model: string;
  readonly thinking: ThinkingStyle;
  readonly stopSequences: readonly string[];
  /** Made only where it is told: before an answer's first word. */
  readonly estimate: () => number;
}

export function decodeMessages(value: unknown): Decoded<MessagesOptions> {
  const body = asBody(value);
  const model = requiredString(body, "model");
  const changes: Change[] = ignoredParameters(body);
  const { instructions, input, places, changes: left } = decodeConversation(body);
  changes.push(...left);
  const tools = decodeTools(body, changes);
  const { style, reasoning, effortFrom } = decodeThinking(body);
  const format = decodeFormat(body, changes);
  const cacheKey = sessionOf(body, changes);
  const request: ResponsesRequest = {
    model: toPlainName(model),
    input,
    ...(instructions === undefined ? {} : { instructions }),
    ...tools,
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(format === undefined ? {} : { text: { format } }),
    ...(cacheKey === undefined ? {} : { prompt_cache_key: cacheKey }),
    ...(optionalString(body, "speed") === "fast" ? { service_tier: "priority" } : {}),
  };
  return {
    request,
    stream: optionalBoolean(body, "stream") ?? false,
    state: { store: false },
    options: {
      model,
      thinking: style,
      stopSequences: decodeStops(body),
      estimate: () => estimateTokens(request),
    },
    changes,
    places,
    fitsEffort: true,
    spelled: { "reasoning.effort": effortFrom, service_tier: "speed", instructions: "system" },
  };
}

function decodeStops(body: JsonObject): string[] {
  return (optionalArray(body, "stop_sequences") ?? []).map((stop, index) => {
    if (typeof stop === "string" && stop.trim() !== "") return stop;
    throw invalid(`stop_sequences[${index}]`, "must be a text that is not blank.");
  });
}

function decodeFormat(body: JsonObject, changes: Change[]): JsonObject | undefined {
  const config = optionalObject(body, "output_config") ?? {};
  const newer = optionalObject(config, "format", "output_config.format");
  const path = newer === undefined ? "output_format" : "output_config.format";
  const given = newer ?? optionalObject(body, "output_format");
  if (given === undefined) return undefined;
  if (given["type"] !== "json_schema") {
    throw invalid(`${path}.type`, `must be \`json_schema\`; it is ${shown(given["type"])}.`);
  }
  const schema = optionalObject(given, "schema", `${path}.schema`);
  if (schema === undefined) throw invalid(`${path}.schema`, "is required.");
  const format = { type: "json_schema", name: "answer", strict: true, schema };
  return completeFormat(format, `${path}.schema`, changes);
}

/**
 * The session that Claude Code writes into `user_id`, beside ids of the device and the account, as
 * JSON or, in older versions, behind `_session_`. Only the session's own random id goes on.
 */
function sessionOf(body: JsonObject, changes: Change[]): string | undefined {
  const metadata = optionalObject(body, "metadata") ?? {};
  const userId = optionalString(metadata, "user_id", "metadata.user_id") ?? "";
  const parsed = parseJson(userId);
  const session = isJsonObject(parsed)
    ? asString(parsed["session_id"])
    : /_session_([\w-]+)$/.exec(userId)?.[1];
  if (session !== undefined && /^[\w-]{8,64}$/.test(session)) return session;
  if (Object.keys(metadata).length > 0) {
    const reason = "It names no session, and the upstream takes no metadata.";
    changes.push({ kind: "ignored", parameter: "metadata", reason });
  }
  return undefined;
}
