/**
 * Who may speak to this port at all, before any token: the Host must be this machine's (a page that
 * rebinds its name to 127.0.0.1 sends its own), and a web page must be listed. Pure.
 */
import { isIP, isIPv6 } from "node:net";
import { RelayError } from "../errors.ts";
import { comparable, isAnyAddress, isLoopbackName, plainAddress } from "./addresses.ts";

export interface GuardOptions {
  /** The configured `server.host`. */
  readonly listenHost: string;
  /** Names beside the loopback ones and the listening address. */
  readonly allowedHosts: readonly string[];
  /** Exact origins. */
  readonly allowedOrigins: readonly string[];
}

/** What the guard reads of a request; Node's own fits. */
export interface Sender {
  readonly headers: {
    readonly host?: string | undefined;
    readonly origin?: string | undefined;
    readonly "sec-fetch-site"?: string | string[] | undefined;
  };
  readonly rawHeaders: readonly string[];
  readonly socket: { readonly localAddress?: string | undefined };
}

/** Throws `invalid_request`, `forbidden_host` or `forbidden_origin`. */
export type CheckSender = (sender: Sender) => void;

export function createGuard({
  listenHost,
  allowedHosts,
  allowedOrigins,
}: GuardOptions): CheckSender {
  const hosts = new Set(allowedHosts.map(comparable));
  if (!isAnyAddress(listenHost)) hosts.add(comparable(listenHost));
  const origins = new Set(allowedOrigins);

  const isKnown = (name: string): boolean =>
    isLoopbackName(name) ||
    // No resolver takes these from outside (RFC 6761 6.3).
    name.endsWith(".localhost") ||
    hosts.has(name);
  // An address cannot be rebound: whoever writes it has reached it.
  const isReached = (name: string, { socket }: Sender): boolean =>
    isIP(name) !== 0 && name === comparable(plainAddress(socket.localAddress ?? ""));
  /** The header that named us last: a client sends the same one each time. */
  let known: string | undefined;
  const checkHost = (sender: Sender, header: string): boolean => {
    checkTold(sender, header);
    if (header === known) return true;
    const name = hostName(header);
    if (!isKnown(name)) return isReached(name, sender);
    known = header;
    return true;
  };

  return (sender) => {
    const { host = "", origin, "sec-fetch-site": site } = sender.headers;
    if (!checkHost(sender, host)) {
      throw new RelayError(
        "forbidden_host",
        "The Host header does not name this machine. Use http://127.0.0.1 with the relay's port, or list the name in `security.allowed_hosts`.",
      );
    }
    if (origin !== undefined && origins.has(origin)) return;
    const isOwnPage = origin === `http://${host}` || origin === `https://${host}`;
    if ((origin !== undefined && !isOwnPage) || site === "cross-site") {
      throw new RelayError(
        "forbidden_origin",
        "This web page may not use the relay. Its origin has to be listed in `security.allowed_origins`.",
      );
    }
  };
}

/** Node keeps the first of two and says nothing; somebody in front may have looked at the second. */
function checkTold({ rawHeaders }: Sender, header: string): void {
  if (header === "") throw new RelayError("invalid_request", "The request has no Host header.");
  let told = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (name.length === 4 && name.toLowerCase() === "host") told += 1;
  }
  if (told > 1) throw notOneName();
}

/** The name in a Host header without its port. */
function hostName(header: string): string {
  const match = /^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i.exec(header);
  if (match?.[1] === undefined) throw notOneName();
  const name = match[1].replace(/^\[(.*)\]$/, "$1");
  if (match[1].startsWith("[") && !isIPv6(name)) {
    throw new RelayError("invalid_request", "The request's Host header is no IPv6 address.");
  }
  return comparable(name);
}

function notOneName(): RelayError {
  return new RelayError("invalid_request", "The request's Host header is not one name and port.");
}
