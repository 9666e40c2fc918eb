/**
 * The text of a stored login: the `auth.json` layout that AIRelays has always written, with a version.
 * Reads old files and half-filled ones; keeps every field that it does not know.
 */
import { RelayError } from "../errors.ts";
import { readClaims } from "./claims.ts";
import { type CredentialFields, type Credentials, createCredentials } from "./credentials.ts";

const version = 1;

/** The stored text as credentials; `place` names the file or keyring entry in an error. */
export function parseLogin(text: string, place: string): Credentials {
  const stored = parseRecord(text);
  if (stored === undefined) throw damaged(place);
  if (typeof stored["version"] === "number" && stored["version"] > version) {
    throw new RelayError(
      "storage_failed",
      `${place} was written by a newer version of airelays. Update airelays, or move the file away and sign in again.`,
      { hint: "airelays login" },
    );
  }
  const { version: _, bound_account_id, last_refresh, earliest_refresh_at, ...rest } = stored;
  const { tokens: storedTokens, ...extra } = rest;
  const tokens = storedTokens ?? {};
  if (!isRecord(tokens)) throw damaged(place);
  const { access_token, refresh_token, id_token, account_id, ...extraTokens } = tokens;
  return createCredentials({
    accessToken: asText(access_token),
    refreshToken: asText(refresh_token),
    idToken: asText(id_token),
    // Older versions could lose the account id at a refresh; the tokens still name it.
    accountId:
      asText(account_id) ??
      readClaims(asText(id_token)).accountId ??
      readClaims(asText(access_token)).accountId,
    boundAccountId: asText(bound_account_id),
    lastRefresh: asText(last_refresh),
    earliestRefreshAt: typeof earliest_refresh_at === "number" ? earliest_refresh_at : undefined,
    extra,
    extraTokens,
  });
}

/** The text to store; the only place that writes tokens out. */
export function formatLogin(credentials: CredentialFields): string {
  const login = {
    ...credentials.extra,
    version,
    bound_account_id: credentials.boundAccountId ?? null,
    tokens: {
      ...credentials.extraTokens,
      id_token: credentials.idToken ?? null,
      access_token: credentials.accessToken ?? null,
      refresh_token: credentials.refreshToken ?? null,
      account_id: credentials.accountId ?? null,
    },
    last_refresh: credentials.lastRefresh ?? null,
    earliest_refresh_at: credentials.earliestRefreshAt ?? null,
  };
  return `${JSON.stringify(login, null, 2)}\n`;
}

/** The text as a JSON object, or undefined. The parser's own message is dropped: it quotes the text. */
export function parseRecord(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The error of a store whose content is not a login. */
export function damaged(place: string): RelayError {
  return new RelayError(
    "storage_failed",
    `${place} does not hold a sign-in that can be read. Move it away, then sign in again. Run: airelays login`,
    { hint: "airelays login" },
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
