/**
 * Which tokens are good: issue, rotate, expire, revoke. Access tokens live on after a refresh, as
 * they do upstream; refresh tokens are good once.
 */
import type { Clock } from "../scope.ts";
import { formatAccessToken, formatIdToken } from "./account.ts";
import { digest } from "./digest.ts";

export interface TokenSet {
  readonly access_token: string;
  readonly token_type: "Bearer";
  readonly expires_in: number;
  readonly scope: string;
  readonly id_token: string;
  readonly earliest_refresh_at: number;
  readonly refresh_token: string;
  readonly oai_is: string;
}

type AccessState = "valid" | "expired" | "revoked" | "unknown";

export interface TokenBook {
  issue(scope: string, issuer: string): TokenSet;
  /** Spends the refresh token. */
  rotate(refreshToken: string): TokenSet | "reused" | "invalidated";
  stateOf(accessToken: string): AccessState;
  /** Ends the login that the refresh or access token belongs to; an unknown token changes nothing. */
  revoke(token: string): void;
  spoilAll(state: "expired" | "revoked"): void;
}

interface Login {
  readonly id: string;
  readonly scope: string;
  readonly issuer: string;
  ended: boolean;
}

/** A stand-in runs for days in somebody's test bed; this many tokens of a kind are remembered. */
const remembered = 2000;

export function createTokenBook(options: {
  readonly clock: Clock;
  readonly lifetimeSeconds: number;
}): TokenBook {
  const { clock, lifetimeSeconds } = options;
  const refreshTokens = new Map<string, { readonly login: Login; spent: boolean }>();
  const accessTokens = new Map<
    string,
    { readonly login: Login; readonly expiresAt: number; state: "valid" | "expired" | "revoked" }
  >();
  let serial = 0;
  const seconds = (): number => Math.floor(clock.now() / 1000);

  const issueFor = (login: Login): TokenSet => {
    serial += 1;
    const issuedAt = seconds();
    const expiresAt = issuedAt + lifetimeSeconds;
    const facts = {
      serial: String(serial),
      sessionId: login.id,
      issuedAt,
      expiresAt,
      scope: login.scope,
      issuer: login.issuer,
    };
    const accessToken = formatAccessToken(facts);
    const refreshToken = `rt.1.${opaque(`refresh ${serial} ${issuedAt}`, 190)}`;
    keep(accessTokens, accessToken, { login, expiresAt, state: "valid" });
    keep(refreshTokens, refreshToken, { login, spent: false });
    return {
      access_token: accessToken,
      token_type: "Bearer",
      expires_in: lifetimeSeconds,
      scope: login.scope,
      id_token: formatIdToken(facts, accessToken),
      earliest_refresh_at: issuedAt + Math.floor(lifetimeSeconds * 0.9),
      refresh_token: refreshToken,
      oai_is: `ois1.${opaque(`ois ${serial}`, 40)}`,
    };
  };

  return {
    issue(scope, issuer) {
      const id = digest("login", String(serial)).slice(0, 24);
      return issueFor({ id, scope, issuer, ended: false });
    },
    rotate(refreshToken) {
      const known = refreshTokens.get(refreshToken);
      if (known === undefined || known.login.ended) return "invalidated";
      if (known.spent) return "reused";
      known.spent = true;
      return issueFor(known.login);
    },
    stateOf(accessToken) {
      const known = accessTokens.get(accessToken);
      if (known === undefined) return "unknown";
      if (known.login.ended) return "revoked";
      if (known.state !== "valid") return known.state;
      return seconds() < known.expiresAt ? "valid" : "expired";
    },
    revoke(token) {
      const known = refreshTokens.get(token) ?? accessTokens.get(token);
      if (known !== undefined) known.login.ended = true;
    },
    spoilAll(state) {
      for (const known of accessTokens.values()) known.state = state;
    },
  };
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > remembered && !oldest.done) map.delete(oldest.value);
}

function opaque(seed: string, length: number): string {
  const hex =
    digest(seed) + digest(seed, "2") + digest(seed, "3") + digest(seed, "4") + digest(seed, "5");
  return Buffer.from(hex, "hex").toString("base64url").slice(0, length);
}
