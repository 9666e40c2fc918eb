/**
 * What a connection that did not come about failed at, in words for a person: the name, the proxy,
 * the connection, or TLS. Pure; reads the codes of Node and undici and knows no server.
 */
import { reasonOf } from "./errors.ts";

export type NetworkLayer = "name" | "proxy" | "connect" | "timeout" | "tls" | "other";

export interface NetworkFault {
  readonly layer: NetworkLayer;
  /** Goes behind "Could not reach `host`: ". No full stop. */
  readonly reason: string;
}

/** The proxy, and not the server behind it, is at fault. The message never has the proxy's password. */
export class ProxyFailure extends Error {
  override readonly name = "ProxyFailure";
}

const untrusted: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** Reads the error, and what `fetch` keeps in its `cause`. */
export function networkFaultOf(thrown: unknown): NetworkFault {
  const error = innermost(thrown);
  if (error instanceof ProxyFailure) return { layer: "proxy", reason: error.message };
  const code = codeOf(error);
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return { layer: "name", reason: "its name cannot be resolved (DNS)" };
  }
  if (code === "ECONNREFUSED") return { layer: "connect", reason: "the connection was refused" };
  if (code === "ENETUNREACH" || code === "EHOSTUNREACH") {
    return { layer: "connect", reason: `there is no way to it (${code})` };
  }
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT") {
    return { layer: "timeout", reason: "connecting took too long" };
  }
  if (code === "ECONNRESET" || code === "UND_ERR_SOCKET") {
    return { layer: "connect", reason: "the connection was closed" };
  }
  if (untrusted.has(code)) {
    return {
      layer: "tls",
      reason: `TLS failed (${code}): its certificate is of an authority that this machine does not know; behind a company's proxy, name the file of its CA in \`NODE_EXTRA_CA_CERTS\``,
    };
  }
  if (/CERT|TLS|SSL|UNABLE_TO|EPROTO/.test(code)) {
    return { layer: "tls", reason: `TLS failed (${code})` };
  }
  return { layer: "other", reason: reasonOf(error).replace(/\.$/, "") };
}

/** The error that the others were thrown for: `fetch failed` says nothing. */
function innermost(thrown: unknown): unknown {
  let error = thrown;
  while (
    error instanceof Error &&
    !(error instanceof ProxyFailure) &&
    codeOf(error) === "" &&
    error.cause
  ) {
    error = error.cause;
  }
  return error;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : "";
}
