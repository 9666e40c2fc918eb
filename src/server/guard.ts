/**
 * Who may speak to this port at all, before any token: the Host must be this machine's (a page that
 * rebinds its name to 127.0.0.1 sends its own), and a web page's Origin must be local. Pure.
 */
import { RelayError } from "../errors.ts";

export interface RequestHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly "sec-fetch-site"?: string | undefined;
}

/** Throws `forbidden_host` or `forbidden_origin`. `listenHost` is the configured `server.host`. */
export function checkSender(headers: RequestHeaders, listenHost: string): void {
  if (headers.host === undefined) {
    throw new RelayError("invalid_request", "The request has no Host header.");
  }
  const host = hostName(headers.host);
  if (host === undefined || !(isLoopbackName(host) || host === listenHost.toLowerCase())) {
    throw new RelayError(
      "forbidden_host",
      "The Host header does not name this machine. Use http://127.0.0.1 with the relay's port.",
    );
  }
  const { origin } = headers;
  if (origin !== undefined && !isLocalOrigin(origin)) {
    throw new RelayError("forbidden_origin", "Web pages of other sites may not use this relay.");
  }
  if (origin === undefined && headers["sec-fetch-site"] === "cross-site") {
    throw new RelayError("forbidden_origin", "Web pages of other sites may not use this relay.");
  }
}

/** The name in a Host header without its port; undefined for anything that is not plainly one. */
function hostName(header: string | undefined): string | undefined {
  const match = /^(\[[0-9a-f:]+\]|[\w.-]+)(:\d{1,5})?$/i.exec(header ?? "");
  return match?.[1]?.toLowerCase().replace(/^\[(.*)\]$/, "$1");
}

export function isLoopbackName(name: string): boolean {
  return name === "localhost" || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);
}

function isLocalOrigin(origin: string): boolean {
  const match = /^https?:\/\/([^/]+)$/i.exec(origin);
  const name = hostName(match?.[1]);
  return name !== undefined && isLoopbackName(name);
}
