/**
 * A chat completions body as a Responses request. What the Responses API has a name for is handed
 * on under it, and the upstream decides; what it has no name for is left out and disclosed, or
 * refused when leaving it out would change what the answer is.
 */
import type { JsonObject } from "../../protocol/json.ts";
import type { ResponsesRequest } from "../../protocol/request.ts";
import type { Change, Decoded } from "../facade.ts";
import {
  asBody,
  optionalArray,
  optionalBoolean,
  optionalObject,
  optionalString,
  requiredString,
  unsupported,
} from "../fields.ts";
import { decodeMessages } from "./chat-messages.ts";
import { decodeResponseFormat, decodeToolChoice, decodeTools } from "./chat-tools.ts";

export interface ChatOptions {
  readonly includeUsage: boolean;
}

/** Read by name below, or by the functions called there. */
const translated = new Set([
  "model",
  "messages",
  "stream",
  "stream_options",
  "tools",
  "tool_choice",
  "response_format",
  "parallel_tool_calls",
  "reasoning_effort",
  "verbosity",
  "store",
  "n",
  "modalities",
]);

/** The Responses API has the same parameter under another name. */
const renamed: Readonly<Record<string, string>> = {
  max_tokens: "max_output_tokens",
  max_completion_tokens: "max_output_tokens",
};

/** The Responses API has the same parameter under the same name. */
const shared = new Set([
  "temperature",
  "top_p",
  "top_logprobs",
  "user",
  "metadata",
  "safety_identifier",
  "service_tier",
  "prompt_cache_key",
  "prompt_cache_retention",
]);

/** Leaving these out would change what the answer is. */
function refuseUnanswerable(body: JsonObject): void {
  const count = body["n"] ?? 1;
  if (count !== 1) throw unsupported("n", "must be 1; this relay returns one choice.");
  const modalities = optionalArray(body, "modalities") ?? ["text"];
  if (modalities.some((modality) => modality !== "text")) {
    throw unsupported("modalities", 'must be ["text"]; the upstream makes no audio.');
  }
  if ((body["audio"] ?? undefined) !== undefined) {
    throw unsupported("audio", "is not supported; the upstream makes no audio.");
  }
  if (body["logprobs"] === true) {
    throw unsupported("logprobs", "must be false; the upstream gives no log probabilities.");
  }
  for (const legacy of ["functions", "function_call"]) {
    if ((body[legacy] ?? undefined) !== undefined) {
      throw unsupported(legacy, "is not supported; use `tools` and `tool_choice`.");
    }
  }
}

export function decodeChat(value: unknown): Decoded<ChatOptions> {
  const body = asBody(value);
  const model = requiredString(body, "model");
  refuseUnanswerable(body);
  const { instructions, input } = decodeMessages(body);
  const tools = decodeTools(body);
  const toolChoice = decodeToolChoice(body);
  const format = decodeResponseFormat(body);
  const effort = optionalString(body, "reasoning_effort");
  const verbosity = optionalString(body, "verbosity");
  const parallel = optionalBoolean(body, "parallel_tool_calls");
  const { carried, changes, spelled } = carryOver(body);
  const request: ResponsesRequest = {
    ...carried,
    model,
    input,
    ...(instructions === undefined ? {} : { instructions }),
    ...(tools.length === 0 ? {} : { tools }),
    ...(toolChoice === undefined ? {} : { tool_choice: toolChoice }),
    ...(parallel === undefined ? {} : { parallel_tool_calls: parallel }),
    ...(effort === undefined ? {} : { reasoning: { effort } }),
    ...(format === undefined && verbosity === undefined
      ? {}
      : {
          text: {
            ...(format === undefined ? {} : { format }),
            ...(verbosity === undefined ? {} : { verbosity }),
          },
        }),
  };
  const streamOptions = optionalObject(body, "stream_options") ?? {};
  return {
    request,
    stream: optionalBoolean(body, "stream") ?? false,
    options: {
      includeUsage:
        optionalBoolean(streamOptions, "include_usage", "stream_options.include_usage") ?? false,
    },
    changes,
    spelled,
  };
}

interface CarriedOver {
  readonly carried: Record<string, unknown>;
  readonly changes: readonly Change[];
  readonly spelled: Record<string, string>;
}

/** Every field that nothing above has read. */
function carryOver(body: JsonObject): CarriedOver {
  const carried: Record<string, unknown> = {};
  const spelled: Record<string, string> = {};
  const changes: Change[] = [];
  if (body["store"] === true) {
    changes.push({
      kind: "ignored",
      parameter: "store",
      reason: "The upstream keeps no answers; they are sent with `store: false`.",
    });
  }
  for (const [key, setting] of Object.entries(body)) {
    if (translated.has(key) || setting === null || setting === false) continue;
    const name = renamed[key] ?? (shared.has(key) ? key : undefined);
    if (name === undefined) {
      changes.push({
        kind: "ignored",
        parameter: key,
        reason: "The upstream's API has no such parameter.",
      });
    } else {
      carried[name] = setting;
      if (name !== key) spelled[name] = key;
    }
  }
  return { carried, changes, spelled };
}
