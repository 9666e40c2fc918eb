/**
 * Whether a stored login can serve, and when it is to be refreshed. Pure; the errors here are what a
 * client of the relay reads when the sign-in is missing or broken.
 */
import { RelayError } from "../errors.ts";
import { readClaims } from "./claims.ts";
import type { Credentials, UsableCredentials } from "./credentials.ts";

/** Milliseconds since the epoch. */
export interface Schedule {
  readonly refreshAt: number;
  readonly expiresAt: number;
}

const minute = 60_000;
const day = 24 * 60 * minute;

/** When to refresh: five minutes before the end, but not before the issuer allows it. */
export function scheduleOf(login: Credentials | undefined): Schedule {
  if (login?.accessToken === undefined) {
    return { refreshAt: Number.NEGATIVE_INFINITY, expiresAt: Number.NEGATIVE_INFINITY };
  }
  const seconds = readClaims(login.accessToken).expiresAt;
  const expiresAt = seconds === undefined ? Number.POSITIVE_INFINITY : seconds * 1000;
  if (login.refreshToken === undefined) return { refreshAt: expiresAt, expiresAt };
  const lastRefresh = Date.parse(login.lastRefresh ?? "");
  // An opaque token hides its end: eight of its usual ten days are safe.
  const wanted =
    seconds === undefined
      ? (Number.isNaN(lastRefresh) ? 0 : lastRefresh) + 8 * day
      : expiresAt - 5 * minute;
  // Refreshing earlier was seen to end the whole session (`refresh_token_invalidated`).
  const allowed = (login.earliestRefreshAt ?? 0) * 1000;
  return { refreshAt: Math.max(wanted, allowed), expiresAt };
}

/** The login, when it has tokens and belongs to the account that was signed in. */
export function requireLogin(login: Credentials | undefined): Credentials {
  if (login?.accessToken === undefined && login?.refreshToken === undefined) {
    if (login?.extra["OPENAI_API_KEY"] === undefined || login.extra["OPENAI_API_KEY"] === null) {
      throw signInNeeded("upstream_auth_missing", "Not signed in to ChatGPT.");
    }
    throw signInNeeded(
      "upstream_auth_incomplete",
      "The stored sign-in holds only an API key, and this relay works with a ChatGPT sign-in.",
    );
  }
  if (login.boundAccountId === undefined) {
    throw signInNeeded("upstream_auth_incomplete", "The stored sign-in is bound to no account.");
  }
  if (login.accountId !== undefined && login.accountId !== login.boundAccountId) {
    throw signInNeeded(
      "upstream_auth_account_mismatch",
      `The stored sign-in is for account \`${login.accountId}\`, not for \`${login.boundAccountId}\`, which signed in here.`,
    );
  }
  return login;
}

/** The login, when it can be sent to the upstream as it is. */
export function requireUsable(login: Credentials | undefined): UsableCredentials {
  const whole = requireLogin(login);
  if (whole.accessToken === undefined || whole.accountId === undefined) {
    throw signInNeeded("upstream_auth_incomplete", "The stored sign-in lacks a token or account.");
  }
  // Checked above; a copy would lose the redaction.
  return whole as UsableCredentials;
}

/** The error of a login that cannot be renewed. */
export function noRefreshToken(): RelayError {
  return signInNeeded("upstream_auth_incomplete", "The stored sign-in has no refresh token.");
}

/** The error of a login that is new and refused all the same. */
export function refusedAnew(): RelayError {
  return new RelayError(
    "upstream_auth_rejected",
    "The upstream refuses a sign-in that was just renewed. Run: airelays login",
    { hint: "airelays login" },
  );
}

function signInNeeded(
  code: "upstream_auth_missing" | "upstream_auth_incomplete" | "upstream_auth_account_mismatch",
  what: string,
): RelayError {
  return new RelayError(code, `${what} Run: airelays login`, { hint: "airelays login" });
}
