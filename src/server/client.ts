/**
 * Who sent a request, as its headers tell: the identity that counts for the upstream's cache, and
 * the client's own id for the request.
 */
import { hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { ClientIdentity } from "../scope.ts";
import { presentedToken } from "./authenticate.ts";

/** The client's own id for the request, if it is one that can stand in a header and a log. */
export function givenRequestId(req: IncomingMessage): string | undefined {
  const given = req.headers["x-request-id"];
  return typeof given === "string" && /^[\w.-]{1,128}$/.test(given) ? given : undefined;
}

/** Names that coding tools and SDKs give to a conversation. */
const sessionHeaders = [
  "session-id",
  "session_id",
  "x-session-id",
  "x-session-affinity",
  "x-claude-code-session-id",
];

export function clientIdentity(req: IncomingMessage): ClientIdentity {
  const token = presentedToken(req);
  return {
    token: token === undefined ? undefined : fingerprintOf(token),
    session: sessionOf(req),
  };
}

function sessionOf({ headers }: IncomingMessage): string | undefined {
  for (const name of sessionHeaders) {
    const session = headers[name];
    if (session) return typeof session === "string" ? session : undefined;
  }
  return undefined;
}

/** Nearly every request brings the token that the one before it brought. */
let last: { readonly token: string; readonly fingerprint: string } | undefined;

function fingerprintOf(token: string): string {
  if (last?.token !== token) last = { token, fingerprint: hash("sha256", token, "hex") };
  return last.fingerprint;
}
