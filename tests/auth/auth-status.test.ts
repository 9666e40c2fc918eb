import { describe, expect, it } from "vitest";
import { toAuthStatus } from "../../src/auth/auth-status.ts";
import { createCredentials } from "../../src/auth/credentials.ts";
import { login } from "./tokens.ts";

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
  auth_store_path: "/data/auth.json",
  keyring_service: null,
  storage_mode: "file",
};

describe("toAuthStatus", () => {
  it("of nothing is not ready", () => {
    expect(toAuthStatus(undefined, store)).toEqual(nothing);
    expect(toAuthStatus(createCredentials({}), store)).toEqual(nothing);
  });

  it("of only an API key is present but not ready", () => {
    expect(toAuthStatus(createCredentials({ extra: { OPENAI_API_KEY: "sk-old" } }), store)).toEqual(
      {
        ...nothing,
        credentials_present: true,
        mode: "api_key_only",
        has_openai_api_key: true,
      },
    );
  });

  it("of a sign-in names the account and is ready", () => {
    const sealed = {
      name: "auto",
      path: "/data/auth.sealed",
      keyringService: "AIRelays Auth",
    } as const;
    expect(toAuthStatus(login(), sealed)).toEqual({
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
      auth_store_path: "/data/auth.sealed",
      keyring_service: "AIRelays Auth",
      storage_mode: "auto",
    });
  });

  it("of another account than the bound one is authenticated but not ready", () => {
    expect(toAuthStatus(login({ accountId: "account-2" }), store)).toMatchObject({
      authenticated: true,
      account_bound: false,
      ready_for_requests: false,
    });
  });
});
