import { describe, expect, it } from "vitest";
import { toAuthStatus } from "../../src/auth/auth-status.ts";
import { createCredentials } from "../../src/auth/credentials.ts";
import { RelayError } from "../../src/errors.ts";
import { login, start } from "./tokens.ts";

const store = { name: "file", path: "/data/auth.json", keyringService: undefined } as const;
const nothing = {
  authenticated: false,
  credentials_present: false,
  account_bound: false,
  ready_for_requests: false,
  mode: null,
  email: null,
  plan_type: null,
  account_id: null,
  bound_account_id: null,
  has_openai_api_key: false,
  last_refresh: null,
  login_method: null,
  issued_at: null,
  expires_at: null,
  earliest_refresh_at: null,
  refresh_failure: null,
  error: null,
  auth_store_path: "/data/auth.json",
  keyring_service: null,
  storage_mode: "file",
};

describe("toAuthStatus", () => {
  it("of nothing is not ready", () => {
    expect(toAuthStatus(undefined, store, { now: start })).toEqual(nothing);
    expect(toAuthStatus(createCredentials({}), store, { now: start })).toEqual(nothing);
  });

  it("of only an API key is present but not ready", () => {
    expect(
      toAuthStatus(createCredentials({ extra: { OPENAI_API_KEY: "sk-old" } }), store, {
        now: start,
      }),
    ).toEqual({
      ...nothing,
      credentials_present: true,
      mode: "api_key_only",
      has_openai_api_key: true,
    });
  });

  it("of a sign-in names the account and is ready", () => {
    const sealed = {
      name: "auto",
      path: "/data/auth.sealed",
      keyringService: "AIRelays Auth",
    } as const;
    expect(
      toAuthStatus(
        login({ extra: { login_method: "device" }, earliestRefreshAt: 1_780_000_000 }),
        sealed,
        { now: start },
      ),
    ).toEqual({
      authenticated: true,
      credentials_present: true,
      account_bound: true,
      ready_for_requests: true,
      mode: "chatgpt",
      email: "someone@example.com",
      plan_type: "plus",
      account_id: "account-1",
      bound_account_id: "account-1",
      has_openai_api_key: false,
      last_refresh: "2026-06-01T00:00:00.000Z",
      login_method: "device",
      issued_at: null,
      expires_at: "2026-06-11T00:00:00.000Z",
      earliest_refresh_at: "2026-05-28T20:26:40.000Z",
      refresh_failure: null,
      error: null,
      auth_store_path: "/data/auth.sealed",
      keyring_service: "AIRelays Auth",
      storage_mode: "auto",
    });
  });

  it("of another account than the bound one is authenticated but not ready", () => {
    expect(toAuthStatus(login({ accountId: "account-2" }), store, { now: start })).toMatchObject({
      authenticated: true,
      account_bound: false,
      ready_for_requests: false,
    });
  });

  it("of a sign-in that can no longer be renewed says why and since when", () => {
    const failure = { code: "x", message: "Over.", since: "2026-06-01T00:00:00.000Z" };
    const status = toAuthStatus(login(), store, { failure, now: start });
    expect(status).toMatchObject({
      authenticated: true,
      ready_for_requests: false,
      refresh_failure: failure,
    });
  });

  it("of a token past its end, with nothing to renew it, is not ready", () => {
    const over = login({ refreshToken: undefined });
    const at = (seconds: number) => toAuthStatus(over, store, { now: start + seconds * 1000 });
    expect([at(863_999), at(864_000)].map((each) => each.ready_for_requests)).toEqual([
      true,
      false,
    ]);
  });

  it("of a store that cannot be read tells that, and not `signed out`", () => {
    const error = new RelayError("upstream_auth_unreadable", "Locked.");
    expect(toAuthStatus(undefined, store, { error, now: start })).toEqual({
      ...nothing,
      error: { code: "upstream_auth_unreadable", message: "Locked." },
    });
  });
});
