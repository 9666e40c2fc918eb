/** What `status`, `doctor` and `/v1/relay/status` say of the sign-in. Pure; wire names are the ancestor's. */
import { type Credentials, describeAccount } from "./credentials.ts";
import type { CredentialStore } from "./store.ts";

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
  readonly auth_store_path: string;
  readonly keyring_service: string | null;
  readonly storage_mode: string;
}

/** The status of what the store holds. */
export function toAuthStatus(
  credentials: Credentials | undefined,
  store: Pick<CredentialStore, "name" | "path" | "keyringService">,
): AuthStatus {
  const authenticated =
    credentials?.accessToken !== undefined || credentials?.refreshToken !== undefined;
  const bound = credentials?.boundAccountId;
  const accountBound = bound !== undefined && bound === credentials?.accountId;
  const apiKey = credentials?.extra["OPENAI_API_KEY"];
  const hasApiKey = typeof apiKey === "string" && apiKey !== "";
  const account = credentials === undefined ? undefined : describeAccount(credentials);
  return {
    authenticated,
    credentials_present: authenticated || hasApiKey,
    account_bound: accountBound,
    ready_for_requests: authenticated && accountBound,
    mode: authenticated ? "chatgpt" : hasApiKey ? "api_key_only" : null,
    email: account?.email ?? null,
    plan_type: account?.plan ?? null,
    account_id: credentials?.accountId ?? null,
    bound_account_id: bound ?? null,
    has_openai_api_key: hasApiKey,
    last_refresh: credentials?.lastRefresh ?? null,
    auth_store_path: store.path,
    keyring_service: store.keyringService ?? null,
    storage_mode: store.name,
  };
}
