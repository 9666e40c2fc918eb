/** The records of one request, put in the order in which a person asks about them. Pure. */
import { asNumber, asString, isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { Disclosure } from "../../scope.ts";
import type { StoredRecord } from "../../transit/stored-transit.ts";
import { summarize, type TransitSummary } from "../../transit/summary.ts";
import { contentOf, type KeptBody, keptBody } from "./kept-body.ts";

export interface TransitStory {
  readonly summary: TransitSummary;
  readonly userAgent: string | undefined;
  readonly clientBody: KeptBody;
  /** Each call of the upstream; the last one is the one that counts. */
  readonly sent: readonly { readonly url: string; readonly body: KeptBody }[];
  readonly retries: readonly Retry[];
  /** From a WebSocket to HTTP, where one could not be used. */
  readonly fallbacks: readonly Fallback[];
  readonly changes: readonly Disclosure[];
  readonly answer: Answer | undefined;
  /** What went to the client where it was not streamed. */
  readonly told: KeptBody;
  readonly error: JsonObject | undefined;
}

interface Retry {
  readonly attempt: number | undefined;
  readonly delayMs: number | undefined;
  readonly code: string | undefined;
}

interface Fallback {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly forSeconds: number | undefined;
}

interface Answer {
  readonly status: number | undefined;
  readonly upstreamRequestId: string | undefined;
  readonly events: number | undefined;
  readonly endedBy: string | undefined;
  readonly body: KeptBody;
}

export function toStory(records: readonly StoredRecord[]): TransitStory {
  const of = (phase: string) => records.filter((record) => record.phase === phase);
  const headers = of("inbound_request")[0]?.["headers"];
  const closing = of("outbound_response").at(-1);
  const came = of("upstream_response").at(-1);
  return {
    summary: summarize(records),
    userAgent: isJsonObject(headers) ? asString(headers["user-agent"]) : undefined,
    clientBody: keptBody(of("inbound_body")[0]),
    sent: of("upstream_request").map((record) => ({
      url: asString(record["url"]) ?? "",
      body: keptBody(record),
    })),
    retries: of("retry_backoff").map(({ attempt, delay_ms, code }) => ({
      attempt: asNumber(attempt),
      delayMs: asNumber(delay_ms),
      code: asString(code),
    })),
    fallbacks: of("transport_fallback").map((record) => ({
      from: asString(record["from"]),
      to: asString(record["to"]),
      code: asString(record["code"]),
      message: asString(record["message"]),
      forSeconds: asNumber(record["for_seconds"]),
    })),
    changes: of("compatibility_adaptation").flatMap(({ changes }) => toChanges(changes)),
    answer: came && {
      status: asNumber(came["status_code"]),
      upstreamRequestId: asString(came["upstream_request_id"]),
      events: asNumber(came["events"]),
      endedBy: asString(came["ended_by"]),
      body: keptBody(came),
    },
    told: keptBody(closing),
    error: isJsonObject(closing?.["error"]) ? closing["error"] : undefined,
  };
}

function toChanges(changes: unknown): Disclosure[] {
  if (!Array.isArray(changes)) return [];
  return changes.filter(isJsonObject).map(({ kind, parameter, reason }) => ({
    kind: kind === "adapted" ? "adapted" : "ignored",
    parameter: asString(parameter) ?? "?",
    reason: asString(reason) ?? "",
  }));
}

/** The same for scripts; the names are those of the log. */
export function storyJson(story: TransitStory): JsonObject {
  const { summary, changes, sent, retries, fallbacks, answer, clientBody, told, error } = story;
  const { requestId, at, method, path, model, sentModel, status, outcome } = summary;
  return {
    request_id: requestId,
    accepted_at: Number.isNaN(at) ? null : new Date(at).toISOString(),
    method: method ?? null,
    path: path ?? null,
    model: model ?? null,
    sent_model: sentModel ?? null,
    status_code: status ?? null,
    outcome: outcome ?? null,
    first_byte_ms: summary.firstByteMs ?? null,
    duration_ms: summary.durationMs ?? null,
    tokens: summary.tokens ?? null,
    changes,
    retries: retries.map(({ attempt = null, delayMs = null, code = null }) => ({
      attempt,
      delay_ms: delayMs,
      code,
    })),
    transport_fallbacks: fallbacks.map(({ from, to, code, message, forSeconds }) => ({
      from: from ?? null,
      to: to ?? null,
      code: code ?? null,
      message: message ?? null,
      for_seconds: forSeconds ?? null,
    })),
    client: bodyJson(clientBody),
    upstream_requests: sent.map(({ url, body }) => ({ url, ...bodyJson(body) })),
    upstream_response: answer
      ? {
          status_code: answer.status ?? null,
          upstream_request_id: answer.upstreamRequestId ?? null,
          events: answer.events ?? null,
          ended_by: answer.endedBy ?? null,
          ...bodyJson(answer.body),
        }
      : null,
    outbound_response: bodyJson(told),
    error: error ?? null,
  };
}

function bodyJson(body: KeptBody): JsonObject {
  const characters = body.kept === "its size" ? { characters: body.characters } : {};
  return { kept: body.kept, ...characters, body: contentOf(body) ?? null };
}
