import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import {
  createCredentials,
  credentialsOfRefresh,
  credentialsOfSignIn,
  describeAccount,
} from "../../src/auth/credentials.ts";
import { accessToken, idToken, jwt, login, start } from "./tokens.ts";

describe("credentials", () => {
  it("show no token when they are printed", () => {
    const secret = login({
      extra: { OPENAI_API_KEY: "sk-secret" },
      extraTokens: { other: "other-secret" },
    });
    const shown = [
      inspect(secret),
      inspect({ nested: { secret } }, { depth: 5 }),
      JSON.stringify({ secret }),
      String(secret),
      inspect(credentialsOfRefresh(secret, {}, start)),
    ].join("\n");
    expect(shown).not.toMatch(/refresh-1|sk-secret|other-secret|eyJ/);
    expect(shown).toContain("[redacted]");
    expect(shown).toContain("account-1");
  });

  it("are bound to the account of the sign-in", () => {
    const grant = {
      accessToken: accessToken("a"),
      refreshToken: "r",
      idToken: idToken("account-7"),
      earliestRefreshAt: 1_800_000_000,
    };
    expect(credentialsOfSignIn(grant, start)).toEqual(
      createCredentials({
        ...grant,
        accountId: "account-7",
        boundAccountId: "account-7",
        lastRefresh: "2026-06-01T00:00:00.000Z",
      }),
    );
  });

  it("take the account from the access token when the id token does not name it", () => {
    const grant = { accessToken: accessToken("a"), refreshToken: "r", idToken: jwt({}) };
    expect(credentialsOfSignIn(grant, start).accountId).toBe("account-1");
  });

  it("keep at a refresh what the answer leaves out", () => {
    const before = login({ earliestRefreshAt: 5, extra: { kept: true } });
    expect(credentialsOfRefresh(before, { accessToken: "opaque" }, start + 1000)).toEqual(
      createCredentials({
        ...before,
        accessToken: "opaque",
        lastRefresh: "2026-06-01T00:00:01.000Z",
        earliestRefreshAt: undefined,
      }),
    );
  });

  it("keep the binding when a refresh answers for another account", () => {
    const after = credentialsOfRefresh(
      login(),
      { accessToken: accessToken("x", 60, "account-2") },
      start,
    );
    expect([after.accountId, after.boundAccountId]).toEqual(["account-2", "account-1"]);
  });

  it("are described by e-mail and the plan of the newer access token", () => {
    const upgraded = jwt({ "https://api.openai.com/auth": { chatgpt_plan_type: "pro" } });
    expect(describeAccount(login({ accessToken: upgraded }))).toEqual({
      email: "someone@example.com",
      plan: "pro",
    });
  });
});
