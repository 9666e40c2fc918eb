/**
 * The ChatGPT backend as an upstream (upstream.md 4 to 7). Owns its addresses and its catalogue; what
 * it accepts and what its failures mean is in request.ts and errors.ts, and what carries a turn to it
 * is a `Transport`.
 */
import type { Cancellation } from "../../cancellation.ts";
import { isRelayError, RelayError } from "../../errors.ts";
import {
  asNumber,
  asString,
  isJsonObject,
  type JsonObject,
  parseJson,
} from "../../protocol/json.ts";
import type { Model, Upstream } from "../upstream.ts";
import { affinityOf } from "./affinity.ts";
import { toWireRequest } from "./request.ts";
import { failureOf, type SignedCalls } from "./signed-calls.ts";
import type { Transport } from "./transport.ts";

export interface ChatGptOptions {
  /** `https://chatgpt.com/backend-api/codex`, without a slash at the end. */
  readonly baseUrl: string;
  /** The protocol level that the model catalogue is asked for. */
  readonly clientVersion: string;
  readonly call: SignedCalls;
  readonly transport: Transport;
  /** Takes live secrets out of what the upstream says of a failure. */
  readonly withoutSecrets?: (text: string) => string;
}

const catalogueLimit = 16 * 1024 * 1024;

export function createChatGptUpstream(options: ChatGptOptions): Upstream {
  const { baseUrl, call, transport } = options;

  const told = (error: RelayError): RelayError => {
    const { withoutSecrets = (text: string) => text } = options;
    const message = withoutSecrets(error.message);
    return message === error.message ? error : new RelayError(error.code, message, error.details);
  };

  const getJson = async (url: string, limit: number, signal: Cancellation): Promise<JsonObject> => {
    const answer = await call({ url, headers: { accept: "application/json" } }, signal);
    if (answer.status !== 200) throw told(await failureOf(answer));
    const body = parseJson(await answer.wholeText(limit));
    if (isJsonObject(body)) return body;
    throw new RelayError("upstream_failed", "The upstream's answer is not a JSON object.");
  };

  return {
    name: "chatgpt",
    async models(signal) {
      const version = encodeURIComponent(options.clientVersion);
      const url = `${baseUrl}/models?client_version=${version}`;
      const { models } = await getJson(url, catalogueLimit, signal);
      if (!Array.isArray(models)) {
        throw new RelayError("upstream_failed", "The upstream's model catalogue has no `models`.");
      }
      return models.flatMap(toModel);
    },
    usage: (signal) =>
      getJson(`${baseUrl.replace(/\/codex$/, "")}/wham/usage`, catalogueLimit, signal),
    async open(request, scope) {
      const { cacheKey, sessionId } = affinityOf(request, scope.client);
      const { body, headers, changes } = toWireRequest(request, cacheKey);
      for (const change of changes) scope.disclose(change);
      const stream = await transport.open({ body, headers, sessionId }, scope).catch((error) => {
        throw isRelayError(error) ? told(error) : error;
      });
      // Field by field: V8 adds one to a copy of an object in a slow way of its own.
      return {
        status: stream.status,
        requestId: stream.requestId,
        headers: stream.headers,
        batches: stream.batches,
        explain: (failures) => told(stream.explain(failures)),
      };
    },
  };
}

/** A catalogue entry (upstream.md 7.1); hidden ones are for the upstream's own use. */
function toModel(entry: unknown): Model[] {
  if (!isJsonObject(entry) || typeof entry["slug"] !== "string") return [];
  if (entry["visibility"] === "hide") return [];
  const levels = Array.isArray(entry["supported_reasoning_levels"])
    ? entry["supported_reasoning_levels"].filter(isJsonObject)
    : [];
  const inputs: unknown = entry["input_modalities"];
  return [
    {
      id: entry["slug"],
      displayName: asString(entry["display_name"]),
      contextWindow: asNumber(entry["context_window"]),
      efforts: levels.flatMap((level) => asString(level["effort"]) ?? []),
      defaultEffort: asString(entry["default_reasoning_level"]),
      takesImages: Array.isArray(inputs) && inputs.includes("image"),
    },
  ];
}
