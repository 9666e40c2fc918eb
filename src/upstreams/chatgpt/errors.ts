/**
 * What a failure of the ChatGPT backend means: an HTTP error, or a failure inside a 200 stream
 * (upstream.md 4.8, 5.4, 5.5, 6.2). The only place that knows its codes and wordings.
 */
import { type ErrorCode, type ErrorDetails, RelayError } from "../../errors.ts";
import type { Frame } from "../../protocol/frame.ts";
import {
  asNumber,
  asString,
  isJsonObject,
  type JsonObject,
  parseJson,
} from "../../protocol/json.ts";
import { planHeaders } from "./quota.ts";

/** A failure as read off the wire, in whichever of the shapes it came. */
interface Fault {
  readonly status?: number;
  readonly code: string | null;
  readonly type: string | undefined;
  readonly message: string | undefined;
  readonly param: string | undefined;
  readonly resetsAt?: number | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly limitWindowMinutes?: number | undefined;
}

/** What the answer that brought the failure told besides. */
interface Told {
  readonly requestId: string | undefined;
  /** The plan's windows, which go to the client with the error. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpFailure {
  readonly status: number;
  readonly body: string;
  header(name: string): string | undefined;
}

/** The plan, or a credit balance, is spent: waiting a little does not help. */
const spent: ReadonlySet<string> = new Set([
  "usage_limit_reached",
  "usage_not_included",
  "quota_exhausted",
  "insufficient_quota",
  "credit_balance_exhausted",
  "organization_spend_limit_exceeded",
  "project_spend_limit_exceeded",
  "organization_usage_limit_exceeded",
]);
const throttled: ReadonlySet<string> = new Set(["rate_limit_exceeded", "rate_limit_reached"]);
const overloaded: ReadonlySet<string> = new Set(["server_is_overloaded", "slow_down"]);
/** The request itself is at fault, and sending it again changes nothing. */
const requestFaults: ReadonlySet<string> = new Set([
  "invalid_prompt",
  "invalid_value",
  "unsupported_value",
  "unsupported_parameter",
  "unknown_parameter",
  "string_above_max_length",
  "content_policy_violation",
  "cyber_policy",
  "bio_policy",
  "misalignment_policy_violation",
]);

export function fromHttpFailure(failure: HttpFailure): RelayError {
  const blocked = cloudflareBlock(failure);
  if (blocked !== undefined) return blocked;
  const parsed = parseJson(failure.body);
  const retryAfterSeconds = retryAfterOf(failure);
  const fault: Fault = {
    ...readFault(isJsonObject(parsed) ? parsed : {}),
    status: failure.status,
  };
  const told = {
    requestId: failure.header("x-request-id") ?? failure.header("x-oai-request-id"),
    headers: planHeaders(failure),
  };
  return toError(
    fault.retryAfterSeconds === undefined ? { ...fault, retryAfterSeconds } : fault,
    told,
  );
}

/**
 * The meaning of `error` and `response.failed` frames. A live failure sends both, and `error` says
 * more: the type and the parameter are in it alone.
 */
export function fromFailureFrames(frames: readonly Frame[], told: Told): RelayError {
  const faults = frames.map(readFrame);
  const said = <Key extends keyof Fault>(key: Key): Fault[Key] | undefined =>
    faults.map((fault) => fault[key]).find((value) => value !== undefined && value !== null);
  return toError(
    {
      code: said("code") ?? null,
      type: said("type"),
      message: said("message"),
      param: said("param"),
      resetsAt: said("resetsAt"),
      retryAfterSeconds: said("retryAfterSeconds"),
      limitWindowMinutes: said("limitWindowMinutes"),
    },
    told,
  );
}

function readFrame({ event }: Frame): Fault {
  if (event.type === "error") return readFault({ error: event.error });
  const error: unknown = event.type === "response.failed" ? event.response.error : undefined;
  return readFault({ error: isJsonObject(error) ? error : {} });
}

/** `{"detail": "…"}` of the gateway, `{"detail": {code, message}}`, or `{"error": {…}}` of the engine. */
function readFault(body: JsonObject): Fault {
  const { detail } = body;
  if (typeof detail === "string") {
    return { code: null, type: undefined, message: detail, param: undefined };
  }
  const inner = [body["error"], detail].find(isJsonObject) ?? {};
  return {
    code: asString(inner["code"]) ?? null,
    type: asString(inner["type"]),
    message: asString(inner["message"]),
    param: asString(inner["param"]),
    resetsAt: asNumber(inner["resets_at"]),
    retryAfterSeconds: asNumber(inner["resets_in_seconds"]),
    limitWindowMinutes: asNumber(inner["limit_window_minutes"]),
  };
}

function toError(fault: Fault, { requestId, headers }: Told): RelayError {
  const code = classify(fault);
  const known = wordedDetail(fault);
  const details: ErrorDetails = {
    ...(known.param === undefined ? {} : { param: known.param }),
    ...retryTimes(fault),
    ...(fault.limitWindowMinutes === undefined
      ? {}
      : { limitWindowMinutes: fault.limitWindowMinutes }),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    upstream: {
      ...(fault.status === undefined ? {} : { status: fault.status }),
      ...(fault.type === undefined ? {} : { type: fault.type }),
      ...(requestId === undefined ? {} : { requestId }),
      code: known.code,
    },
    ...(code === "upstream_auth_rejected" ? { hint: "airelays login" } : {}),
  };
  return new RelayError(code, messageOf(code, fault), details);
}

function classify({ status, code, type, message, param }: Fault): ErrorCode {
  const names = [code ?? "", type ?? ""];
  if (names.some((name) => spent.has(name)) || status === 402) return "usage_limit_reached";
  if (names.some((name) => throttled.has(name)) || status === 429) return "upstream_rate_limited";
  if (names.some((name) => overloaded.has(name))) return "upstream_overloaded";
  if (code === "context_length_exceeded") return "context_length_exceeded";
  if (status === 401) return "upstream_auth_rejected";
  if (/model is not supported when using Codex/.test(message ?? "")) return "model_not_found";
  if (status !== undefined && status >= 400 && status < 500) return "upstream_rejected";
  const isRequestFault =
    type === "invalid_request_error" || requestFaults.has(code ?? "") || (param ?? "") !== "";
  return isRequestFault ? "upstream_rejected" : "upstream_error";
}

/** The gateway says what is wrong in a sentence only; code and parameter are inside it. */
function wordedDetail({ code, message, param }: Fault): {
  readonly code: string | null;
  readonly param: string | undefined;
} {
  const [, unsupported] = /^Unsupported parameter: ([\w.]+)$/.exec(message ?? "") ?? [];
  if (unsupported === undefined || code !== null) return { code, param };
  return { code: "unsupported_parameter", param: unsupported };
}

/**
 * `retry-after` as seconds, or as a time by the upstream's own clock: who tells a time sends `date`
 * too (RFC 9110 6.6.1), and this machine's clock may be wrong.
 */
function retryAfterOf({ header }: HttpFailure): number | undefined {
  const told = header("retry-after") ?? "";
  if (/^\d+(\.\d+)?$/.test(told)) return Number(told);
  const seconds = (Date.parse(told) - Date.parse(header("date") ?? "")) / 1000;
  return Number.isNaN(seconds) ? undefined : seconds;
}

/** No window of a plan is longer than a month; more would be a mistake, and might not fit a header. */
const longestWaitSeconds = 31 * 86_400;

/** A time beyond the calendar has no written form. */
const lastSecond = 8.64e12;

/** Seconds to wait: told as a field or header, or only in words ("Please try again in 1.2s"). */
function retryTimes({ resetsAt, retryAfterSeconds, message }: Fault): ErrorDetails {
  const [, amount, unit] = /try again in ([\d.]+)\s*(ms|s)/i.exec(message ?? "") ?? [];
  const worded = amount === undefined ? undefined : Number(amount) / (unit === "ms" ? 1000 : 1);
  const seconds = retryAfterSeconds ?? worded;
  return {
    ...(resetsAt === undefined || resetsAt > lastSecond ? {} : { resetsAt }),
    ...(seconds === undefined || Number.isNaN(seconds)
      ? {}
      : { retryAfterSeconds: Math.min(longestWaitSeconds, Math.max(0, Math.ceil(seconds))) }),
  };
}

const ownMessages: Partial<Record<ErrorCode, string>> = {
  upstream_auth_rejected: "The upstream no longer accepts the sign-in. Run: airelays login",
  upstream_error: "The upstream failed without saying why.",
  upstream_overloaded: "The upstream is overloaded. Try again, or use another model.",
  upstream_rate_limited: "The upstream limits how fast requests may come. Try again.",
  usage_limit_reached: "The plan's usage limit has been reached.",
  upstream_rejected: "The upstream refused the request without saying why.",
};

/** The upstream's own sentence where it has one, bounded; ours for what only we can explain. */
function messageOf(code: ErrorCode, fault: Fault): string {
  const own = ownMessages[code];
  if (code === "upstream_auth_rejected" && own !== undefined) return own;
  const theirs = fault.message?.slice(0, 2_000);
  if (theirs !== undefined && theirs !== "") return theirs;
  const status = fault.status === undefined ? "" : ` (HTTP ${fault.status})`;
  return `${own ?? "The upstream failed."}${status}`;
}

/** Cloudflare's challenge pages are HTML; none of it reaches the client. */
function cloudflareBlock({ status, body, header }: HttpFailure): RelayError | undefined {
  const challenged =
    header("cf-mitigated") === "challenge" ||
    (status === 403 && /Just a moment|Attention Required! \| Cloudflare/.test(body));
  if (!challenged) return undefined;
  const ray = header("cf-ray");
  return new RelayError(
    "upstream_blocked_by_cloudflare",
    `Cloudflare blocked the request before it reached the upstream${ray === undefined ? "" : ` (ray id ${ray})`}. Try another network, or without a VPN.`,
    { upstream: { status, code: null } },
  );
}
