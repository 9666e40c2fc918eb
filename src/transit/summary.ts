/**
 * What a request came to, from its records: the line that a person reads. Reads only what it shows;
 * the upstream's answer, which is the largest, is none of it.
 */
import type { StoredRecord } from "./stored-transit.ts";

export interface Tokens {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
}

export interface TransitSummary {
  readonly requestId: string;
  /** When it came, in milliseconds since 1970. */
  readonly at: number;
  readonly method: string | undefined;
  readonly path: string | undefined;
  /** As the client named it. */
  readonly model: string | undefined;
  /** As the upstream was asked for it. */
  readonly sentModel: string | undefined;
  readonly status: number | undefined;
  /** Undefined when its last record is missing: the relay was killed, or the disk failed. */
  readonly outcome: string | undefined;
  readonly errorCode: string | undefined;
  readonly firstByteMs: number | undefined;
  readonly durationMs: number | undefined;
  readonly tokens: Tokens | undefined;
}

/** The phases that a summary is made of. */
export const summaryPhases: ReadonlySet<string> = new Set([
  "inbound_request",
  "inbound_body",
  "endpoint_auth_failed",
  "endpoint_rejected",
  "upstream_request",
  "upstream_usage",
  "outbound_response",
]);

export function summarize(records: readonly StoredRecord[]): TransitSummary {
  const of = (...phases: readonly string[]): Fields =>
    records.findLast(({ phase }) => phases.includes(phase)) ?? {};
  const request = of("inbound_request", "endpoint_auth_failed", "endpoint_rejected");
  const closing = of("outbound_response");
  const sent = of("upstream_request");
  const sentModel = text(sent["model"]) ?? text(fields(sent["body"])["model"]);
  const usage = fields(of("upstream_usage")["usage"]);
  return {
    requestId: records[0]?.request_id ?? "",
    at: Date.parse(text(closing["accepted_at"]) ?? records[0]?.logged_at ?? ""),
    method: text(request["method"]),
    path: text(request["path"]),
    model: text(fields(of("inbound_body")["body"])["model"]) ?? sentModel,
    sentModel,
    status: count(closing["status_code"]),
    outcome: text(closing["outcome"]),
    errorCode: text(fields(closing["error"])["code"]),
    firstByteMs: count(closing["first_byte_ms"]),
    durationMs: count(closing["duration_ms"]),
    tokens: toTokens(usage),
  };
}

function toTokens(usage: Fields): Tokens | undefined {
  const input = count(usage["input_tokens"]);
  const output = count(usage["output_tokens"]);
  if (input === undefined || output === undefined) return undefined;
  const cached = count(fields(usage["input_tokens_details"])["cached_tokens"]) ?? 0;
  return { input, cached, output };
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function count(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
