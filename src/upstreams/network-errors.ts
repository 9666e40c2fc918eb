/** What a connection to the upstream failed at, as errors for the client; shared by every transport. */
import type { Cancellation } from "../cancellation.ts";
import { RelayError } from "../errors.ts";
import { networkFaultOf } from "../network-fault.ts";

/** No connection came about, or it ended before anything was answered. */
export function unreachable(url: string | undefined, cause: unknown): RelayError {
  const host = url === undefined ? "the upstream" : `\`${new URL(url).host}\``;
  const { layer, reason } = networkFaultOf(cause);
  const what =
    layer === "timeout" ? "connecting took longer than `upstream.connect_timeout_seconds`" : reason;
  return new RelayError("upstream_unreachable", `Could not reach ${host}: ${what}.`, {
    cause,
    hint: "Check the network connection and `upstream.base_url`.",
  });
}

/** The answer had begun, and its connection broke. */
export function brokenOff(cause?: unknown): RelayError {
  return new RelayError(
    "upstream_stream_interrupted",
    "The connection to the upstream broke before the answer was complete.",
    { cause },
  );
}

export function tooSilent(cause?: unknown): RelayError {
  return new RelayError(
    "upstream_timeout",
    "The upstream was silent for too long; `upstream.request_timeout_seconds` is the limit.",
    { cause },
  );
}

interface Circumstances {
  readonly url: string | undefined;
  readonly signal: Cancellation;
  /** The upstream had begun to answer. */
  readonly answered: boolean;
}

/** Names the layer that failed: name look-up, connection, TLS, silence, or a cut answer. */
export function toNetworkError(error: unknown, { url, signal, answered }: Circumstances): unknown {
  if (signal.aborted && (signal.reason as Error | undefined)?.name !== "TimeoutError") {
    return signal.reason;
  }
  const code = codeOf(error);
  if (signal.aborted || code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT") {
    return tooSilent(error);
  }
  return answered ? brokenOff(error) : unreachable(url, error);
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : "";
}
