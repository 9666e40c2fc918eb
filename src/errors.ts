/**
 * The one error type that crosses layers, and the one table that says what each code means to an
 * HTTP client and to the shell. Facades only choose the envelope; nobody else writes a status.
 */
import type { Cancellation } from "./cancellation.ts";

export type ErrorType =
  | "invalid_request_error"
  | "authentication_error"
  | "rate_limit_error"
  | "unsupported_error"
  | "upstream_error"
  | "server_error";

type ExitCode = 1 | 2 | 4 | 126 | 127;

interface CodeFacts {
  readonly status: number;
  readonly type: ErrorType;
  /** May the pipeline open the upstream again, as long as nothing was sent to the client? */
  readonly retryable: boolean;
  /** Exit code when a command ends with this error: 1 failed, 2 wrong usage, 4 sign-in needed; as a shell, 126 and 127. */
  readonly exit: ExitCode;
}

const fault = (status: number, type: ErrorType, extra: Partial<CodeFacts> = {}): CodeFacts => ({
  status,
  type,
  retryable: false,
  exit: 1,
  ...extra,
});
const request = (status: number): CodeFacts => fault(status, "invalid_request_error");
const signIn: CodeFacts = fault(503, "authentication_error", { exit: 4 });
const upstream = (status: number, retryable: boolean): CodeFacts =>
  fault(status, "upstream_error", { retryable });

/** Every code the relay itself uses. `docs/reference/errors.md` is generated from this table. */
export const errorCodes = {
  // What the client sent.
  invalid_request: request(400),
  invalid_json: request(400),
  unsupported_parameter: request(400),
  context_length_exceeded: request(400),
  previous_response_not_found: request(400),
  invalid_api_key: request(401),
  forbidden_host: request(403),
  forbidden_origin: request(403),
  not_found: request(404),
  model_not_found: request(404),
  method_not_allowed: request(405),
  request_timeout: request(408),
  conflict: request(409),
  request_too_large: request(413),
  unsupported_media_type: request(415),
  expectation_failed: request(417),
  websocket_upgrade_required: request(426),
  headers_too_large: request(431),
  invalid_event: request(400),
  response_already_in_flight: request(409),
  websocket_connection_limit_reached: request(400),
  unsupported_error: fault(501, "unsupported_error"),
  // What this relay limits.
  rate_limit_exceeded: fault(429, "rate_limit_error"),
  too_many_concurrent_requests: fault(429, "rate_limit_error"),
  ip_temporarily_blocked: fault(429, "rate_limit_error"),
  // The sign-in at the upstream. Never 401: that would say that the relay token is wrong.
  upstream_auth_missing: signIn,
  upstream_auth_incomplete: signIn,
  upstream_auth_refresh_failed: signIn,
  upstream_auth_account_mismatch: signIn,
  upstream_auth_rejected: signIn,
  upstream_auth_unreadable: signIn,
  // What the upstream did.
  usage_limit_reached: fault(429, "rate_limit_error"),
  upstream_rate_limited: fault(429, "rate_limit_error"),
  upstream_rejected: request(400),
  upstream_overloaded: upstream(503, true),
  upstream_unreachable: upstream(502, true),
  // It may be working on what it took: asking again would be charged again.
  upstream_timeout: upstream(504, false),
  upstream_error: upstream(502, true),
  upstream_failed: upstream(502, false),
  upstream_blocked_by_cloudflare: upstream(502, false),
  upstream_stream_interrupted: upstream(502, true),
  // This machine, met by a command.
  usage: fault(400, "server_error", { exit: 2 }),
  config_invalid: fault(500, "server_error"),
  port_in_use: fault(500, "server_error"),
  start_failed: fault(500, "server_error"),
  stop_failed: fault(500, "server_error"),
  service_failed: fault(500, "server_error"),
  relay_token_missing: fault(500, "server_error"),
  relay_token_unsafe: fault(500, "server_error"),
  login_failed: fault(500, "server_error"),
  cancelled: fault(500, "server_error", { exit: 2 }),
  storage_failed: fault(500, "server_error"),
  relay_stopping: fault(503, "server_error"),
  relay_not_running: fault(500, "server_error"),
  tool_file_refused: fault(500, "server_error"),
  command_not_started: fault(500, "server_error", { exit: 126 }),
  command_not_found: fault(500, "server_error", { exit: 127 }),
  check_failed: fault(500, "server_error"),
  relay_unreachable: fault(500, "server_error"),
  request_failed: fault(500, "server_error"),
  not_in_log: fault(500, "server_error"),
  internal_error: fault(500, "server_error"),
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof errorCodes;

/** What the upstream said of a failure, in its own words; for the envelope and the transit log. */
export interface UpstreamFault {
  readonly status?: number;
  readonly code?: string | null;
  readonly type?: string;
  readonly requestId?: string;
}

export interface ErrorDetails {
  /** The request parameter at fault, as the client spelled it: `messages[2].content`. */
  readonly param?: string;
  /** The name that no model answers to, for dialects whose clients look for it in the message. */
  readonly model?: string;
  /** The next step for a person at a terminal: a command or a flag. */
  readonly hint?: string;
  readonly retryAfterSeconds?: number;
  /** Unix seconds at which a spent quota window opens again. */
  readonly resetsAt?: number;
  /** Minutes that the spent window is long: 300 is the one of five hours. */
  readonly limitWindowMinutes?: number;
  readonly upstream?: UpstreamFault;
  /** Each thing that is wrong with the configuration. */
  readonly problems?: readonly string[];
  /** Methods that the path does answer, for 405. */
  readonly allow?: readonly string[];
  /** Headers that go with the error: what was changed in the request, what is left of the plan. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A failure with a code from the table. The message is for the user: what happened, then what to do. */
export class RelayError extends Error {
  override readonly name = "RelayError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  /** HTTP status. A request that the upstream refused keeps the upstream's own 4xx. */
  get status(): number {
    const theirs = this.details.upstream?.status;
    if (
      this.code === "upstream_rejected" &&
      theirs !== undefined &&
      theirs >= 400 &&
      theirs < 500
    ) {
      return theirs;
    }
    return errorCodes[this.code].status;
  }

  /**
   * The `type` of the error on the wire; the upstream's own where it refused the request or the plan
   * is spent. The Codex CLI stops at once at the type `usage_limit_reached`, and retries any other 429.
   */
  get type(): string {
    const isTheirs = this.code === "upstream_rejected" || this.code === "usage_limit_reached";
    const theirs = isTheirs ? this.details.upstream?.type : undefined;
    return theirs ?? errorCodes[this.code].type;
  }

  /** The `code` of the error on the wire; the upstream's own (null included) where it refused the request. */
  get wireCode(): string | null {
    const theirs = this.code === "upstream_rejected" ? this.details.upstream?.code : undefined;
    return theirs === undefined ? this.code : theirs;
  }

  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }

  get exitCode(): ExitCode {
    return errorCodes[this.code].exit;
  }
}

/** Why work was ended, where its client is to be told; a client that left is told nothing. */
export function toldEndOf({ aborted, reason }: Cancellation): RelayError | undefined {
  return aborted && isRelayError(reason) ? reason : undefined;
}

export function isRelayError(value: unknown): value is RelayError {
  return value instanceof RelayError;
}

/** What a disk that takes no more says (errno(3)), and what the person can do. Paths stay in the log. */
const diskFaults: Readonly<Record<string, string>> = {
  ENOSPC: "The disk with the relay's data folder is full. Make room, then try again.",
  EDQUOT: "The disk quota for the relay's data folder is used up. Make room, then try again.",
  EROFS: "The relay's data folder cannot be written to: its file system is read-only.",
  EIO: "The disk with the relay's data folder fails to read or write.",
};

/**
 * Any thrown value as a RelayError: a disk's refusal becomes `storage_failed`, anything else that was
 * not ours `internal_error`, the cause kept.
 */
export function toRelayError(value: unknown): RelayError {
  if (isRelayError(value)) return value;
  const { code } = value instanceof Error ? (value as NodeJS.ErrnoException) : {};
  if (code !== undefined && Object.hasOwn(diskFaults, code)) {
    return new RelayError("storage_failed", diskFaults[code] ?? code, { cause: value });
  }
  return new RelayError("internal_error", "The relay failed on this request. See its log.", {
    cause: value,
  });
}

/** The message of any thrown value, for a sentence such as "Could not read X: <this>". */
export function reasonOf(value: unknown): string {
  if (!(value instanceof Error)) return String(value);
  const code = (value as NodeJS.ErrnoException).code;
  // Node's AggregateError (both address families refused) has an empty message.
  if (value.message === "") return typeof code === "string" ? code : value.name;
  return value.message;
}
