/**
 * The ChatGPT backend as an upstream (upstream.md 4 to 7). Owns its addresses, its headers and the
 * one repeat after a 401; what it accepts and what its failures mean is in request.ts and errors.ts.
 */
import { RelayError } from "../../errors.ts";
import type { FrameBatch } from "../../protocol/frame.ts";
import {
  asNumber,
  asString,
  isJsonObject,
  type JsonObject,
  parseJson,
} from "../../protocol/json.ts";
import { createFrameReader } from "../../protocol/sse.ts";
import { LoggedJson, type RequestScope } from "../../scope.ts";
import type { HttpAnswer, HttpClient } from "../http.ts";
import type { CredentialSource, Model, Upstream, UpstreamCredentials } from "../upstream.ts";
import { affinityOf } from "./affinity.ts";
import { fromFailureFrames, fromHttpFailure } from "./errors.ts";
import { planHeaders } from "./quota.ts";
import { toWireRequest } from "./request.ts";

export interface ChatGptOptions {
  /** `https://chatgpt.com/backend-api/codex`, without a slash at the end. */
  readonly baseUrl: string;
  /** The protocol level that the model catalogue is asked for. */
  readonly clientVersion: string;
  /** Who we say that we are: `originator` and `user-agent`. */
  readonly originator: string;
  readonly userAgent: string;
  readonly credentials: CredentialSource;
  readonly http: Pick<HttpClient, "send">;
  /** Takes live secrets out of what the upstream says of a failure. */
  readonly withoutSecrets?: (text: string) => string;
}

const errorBodyLimit = 64 * 1024;
const catalogueLimit = 16 * 1024 * 1024;

export function createChatGptUpstream(options: ChatGptOptions): Upstream {
  const { baseUrl, credentials, http } = options;

  const told = (error: RelayError): RelayError => {
    const { withoutSecrets = (text: string) => text } = options;
    const message = withoutSecrets(error.message);
    return message === error.message ? error : new RelayError(error.code, message, error.details);
  };

  const headersFor = (login: UpstreamCredentials): Record<string, string> => ({
    authorization: `Bearer ${login.accessToken}`,
    "chatgpt-account-id": login.accountId,
    originator: options.originator,
    "user-agent": options.userAgent,
  });

  /** Sends with the login; a 401 is answered by one refresh and one repeat. */
  const send = async (
    call: { url: string; headers: Record<string, string>; body?: string },
    signal: AbortSignal,
  ): Promise<HttpAnswer> => {
    const attempt = (login: UpstreamCredentials): Promise<HttpAnswer> =>
      http.send({
        method: call.body === undefined ? "GET" : "POST",
        url: call.url,
        headers: { ...headersFor(login), ...call.headers },
        ...(call.body === undefined ? {} : { body: call.body }),
        signal,
      });
    const login = await credentials.current(signal);
    const answer = await attempt(login);
    if (answer.status !== 401) return answer;
    await answer.wholeText(errorBodyLimit);
    return attempt(await credentials.refresh(login, signal));
  };

  const getJson = async (url: string, limit: number, signal: AbortSignal): Promise<JsonObject> => {
    const answer = await send({ url, headers: { accept: "application/json" } }, signal);
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
      const { body, headers, changes } = toWireRequest({ ...request, prompt_cache_key: cacheKey });
      for (const change of changes) scope.disclose(change);
      const url = `${baseUrl}/responses`;
      const text = JSON.stringify(body);
      scope.transit.record("upstream_request", {
        method: "POST",
        url,
        body: new LoggedJson(body, text),
      });
      const answer = await send(
        {
          url,
          headers: {
            ...headers,
            accept: "text/event-stream",
            "content-type": "application/json",
            "session-id": sessionId,
          },
          body: text,
        },
        scope.signal,
      );
      // A streaming 200 has no content type at all; JSON under a 200 is a failure in disguise.
      const isJson = answer.header("content-type")?.includes("application/json") ?? false;
      if (answer.status !== 200 || isJson) throw told(await failureOf(answer));
      const requestId = answer.header("x-request-id") ?? answer.header("x-oai-request-id");
      const plan = planHeaders(answer);
      return {
        status: answer.status,
        requestId,
        headers: plan,
        batches: toBatches(answer, scope),
        explain: (failures) => told(fromFailureFrames(failures, { requestId, headers: plan })),
      };
    },
  };
}

async function failureOf(answer: HttpAnswer): Promise<RelayError> {
  const body = await answer.wholeText(errorBodyLimit);
  return fromHttpFailure({ status: answer.status, body, header: (name) => answer.header(name) });
}

/** Made once: its stack would cost more than the abort itself. */
const over = new Error("The request is over.");

/** What the end of a stream may take after the answer is complete, before it is cut. */
const lingerMs = 1_000;

/** One batch for each network read that completes an event. */
function toBatches(answer: HttpAnswer, scope: RequestScope): AsyncIterableIterator<FrameBatch> {
  const reader = createFrameReader();
  const orNothing = (batch: FrameBatch): FrameBatch | undefined =>
    batch.length === 0 ? undefined : batch;
  let hasEnded = false;
  let linger: NodeJS.Timeout | undefined;
  // The last event comes a moment before the end of the body. Aborting in between costs 3 % of a
  // request, and the connection.
  scope.onClose(() => {
    if (!hasEnded) linger = setTimeout(() => scope.abort(over), lingerMs).unref();
  });
  return answer.pieces({
    read: (text) => orNothing(reader.read(text)),
    end() {
      hasEnded = true;
      clearTimeout(linger);
      return orNothing(reader.end());
    },
  });
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
