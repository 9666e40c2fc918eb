/**
 * The relay token of a request: where clients put it, and what happens when it is wrong. A right
 * token is looked at before any block, so that one misconfigured program cannot lock out the others.
 */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Limits } from "../access/limits.ts";
import type { TokenSource } from "../access/tokens.ts";
import { RelayError } from "../errors.ts";

export interface AuthenticateOptions {
  readonly tokens: Pick<TokenSource, "verify">;
  readonly limits: Pick<Limits, "failedAuth" | "blockedFor">;
  /** Told the token of every request that is let in, so that the log can keep it out. */
  readonly onAccepted: (token: string) => void;
}

export type Authenticate = (req: IncomingMessage, client: string) => Promise<void>;

/** Throws `invalid_api_key` or `ip_temporarily_blocked`. */
export function createAuthenticate(options: AuthenticateOptions): Authenticate {
  const { tokens, limits, onAccepted } = options;
  return async (req, client) => {
    const presented = presentedToken(req);
    if (await tokens.verify(presented)) {
      if (presented !== undefined) onAccepted(presented);
      return;
    }
    const blockedSeconds = limits.blockedFor(client);
    if (blockedSeconds > 0) {
      throw new RelayError(
        "ip_temporarily_blocked",
        `Too many wrong relay tokens. No other one is looked at for ${blockedSeconds} s; the right one is let in.`,
        { retryAfterSeconds: blockedSeconds },
      );
    }
    // A request without any token guesses nothing.
    if (presented !== undefined) await limits.failedAuth(client);
    throw new RelayError(
      "invalid_api_key",
      presented === undefined
        ? "This relay needs its token: send `Authorization: Bearer <relay token>`. Show it with: airelays token show"
        : "The relay token is wrong. Show the right one with: airelays token show",
    );
  };
}

/** `Authorization: Bearer …`, the `x-api-key` of other dialects, or a browser's subprotocol. */
export function presentedToken({ headers }: Pick<IncomingMessage, "headers">): string | undefined {
  const { authorization, "x-api-key": apiKey } = headers;
  const [, bearer] = /^bearer\s+(.+)$/i.exec(authorization ?? "") ?? [];
  if (bearer !== undefined) return bearer.trim();
  if (typeof apiKey === "string" && apiKey !== "") return apiKey;
  return subprotocolToken(headers);
}

/** A browser's WebSocket can send no header of its own, and an address ends up in logs. */
function subprotocolToken(headers: IncomingHttpHeaders): string | undefined {
  const offered = headers["sec-websocket-protocol"] ?? "";
  const [, token] = /(?:^|,)\s*openai-insecure-api-key\.([^\s,]+)/.exec(offered) ?? [];
  return token;
}
