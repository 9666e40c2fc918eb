/** What `status`, `doctor` and `/v1/relay/status` say of the sign-in. Pure; wire names are the ancestor's. */
import type { RelayError } from "../errors.ts";
import { readClaims } from "./claims.ts";
import { type Credentials, describeAccount } from "./credentials.ts";
import type { RenewalFailure } from "./renewal-failures.ts";
import type { CredentialStore } from "./store.ts";

/** For monitors: whether requests can be served, and why not. */
export type AuthHealth =
  | "ok"
  | "expired"
  | "missing"
  | "incomplete"
  | "account_mismatch"
  | "unreadable";

export interface AuthStatus {
  readonly authenticated: boolean;
  readonly credentials_present: boolean;
  readonly account_bound: boolean;
  readonly ready_for_requests: boolean;
  readonly mode: "chatgpt" | "api_key_only" | null;
  readonly email: string | null;
  readonly plan_type: string | null;
  readonly account_id: string | null;
  readonly bound_account_id: string | null;
  readonly has_openai_api_key: boolean;
  readonly last_refresh: string | null;
  /** How the login was made; null for one of an older version. */
  readonly login_method: string | null;
  /** When the access token was issued and when it ends: ISO 8601, null when it does not say. */
  readonly issued_at: string | null;
  readonly expires_at: string | null;
  /** The login server wants no refresh before. */
  readonly earliest_refresh_at: string | null;
  /** Why the login can no longer be renewed, and since when. */
  readonly refresh_failure: RenewalFailure | null;
  /** Why the stored login cannot be read. That is not "signed out". */
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly auth_store_path: string;
  readonly keyring_service: string | null;
  readonly storage_mode: string;
}

export interface AuthCircumstances {
  readonly failure?: RenewalFailure | undefined;
  readonly error?: RelayError;
  /** Milliseconds. */
  readonly now: number;
}

/** The status of what the store holds. */
export function toAuthStatus(
  credentials: Credentials | undefined,
  store: Pick<CredentialStore, "name" | "path" | "keyringService">,
  { failure, error, now }: AuthCircumstances,
): AuthStatus {
  const authenticated =
    credentials?.accessToken !== undefined || credentials?.refreshToken !== undefined;
  const bound = credentials?.boundAccountId;
  const accountBound = bound !== undefined && bound === credentials?.accountId;
  const apiKey = credentials?.extra["OPENAI_API_KEY"];
  const hasApiKey = typeof apiKey === "string" && apiKey !== "";
  const claims = readClaims(credentials?.accessToken);
  const isOver =
    credentials?.refreshToken === undefined && (claims.expiresAt ?? Infinity) * 1000 <= now;
  const method = credentials?.extra["login_method"];
  const account = credentials === undefined ? undefined : describeAccount(credentials);
  return {
    authenticated,
    credentials_present: authenticated || hasApiKey,
    account_bound: accountBound,
    ready_for_requests: authenticated && accountBound && failure === undefined && !isOver,
    mode: authenticated ? "chatgpt" : hasApiKey ? "api_key_only" : null,
    email: account?.email ?? null,
    plan_type: account?.plan ?? null,
    account_id: credentials?.accountId ?? null,
    bound_account_id: bound ?? null,
    has_openai_api_key: hasApiKey,
    last_refresh: credentials?.lastRefresh ?? null,
    login_method: typeof method === "string" ? method : null,
    issued_at: toIso(claims.issuedAt),
    expires_at: toIso(claims.expiresAt),
    earliest_refresh_at: toIso(credentials?.earliestRefreshAt),
    refresh_failure:
      failure === undefined
        ? null
        : { code: failure.code, message: failure.message, since: failure.since },
    error: error === undefined ? null : { code: error.code, message: error.message },
    auth_store_path: store.path,
    keyring_service: store.keyringService ?? null,
    storage_mode: store.name,
  };
}

function toIso(seconds: number | undefined): string | null {
  const date = new Date((seconds ?? Number.NaN) * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** The word that monitors read for a sign-in that does not serve. */
export function healthOf({ code }: RelayError): AuthHealth {
  switch (code) {
    case "upstream_auth_missing":
      return "missing";
    case "upstream_auth_incomplete":
      return "incomplete";
    case "upstream_auth_account_mismatch":
      return "account_mismatch";
    default:
      return "unreadable";
  }
}
