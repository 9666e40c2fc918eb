import { describe, expect, it } from "vitest";
import { createCredentials } from "../../src/auth/credentials.ts";
import { requireLogin, requireUsable, scheduleOf } from "../../src/auth/readiness.ts";
import { accessToken, login, start } from "./tokens.ts";

const day = 86_400_000;

describe("scheduleOf", () => {
  it("refreshes five minutes before the end", () => {
    expect(scheduleOf(login({ accessToken: accessToken("a", 3600) }))).toEqual({
      refreshAt: start + 55 * 60_000,
      expiresAt: start + 60 * 60_000,
    });
  });

  it("never refreshes before the issuer allows it", () => {
    const held = login({
      accessToken: accessToken("a", 3600),
      earliestRefreshAt: start / 1000 + 3500,
    });
    expect(scheduleOf(held).refreshAt).toBe(start + 3_500_000);
  });

  it("goes by the age of the login when the token hides its end", () => {
    expect(scheduleOf(login({ accessToken: "opaque" }))).toEqual({
      refreshAt: start + 8 * day,
      expiresAt: Number.POSITIVE_INFINITY,
    });
  });

  it("refreshes at once when nothing tells the age", () => {
    const held = login({ accessToken: "opaque", lastRefresh: "yesterday" });
    expect(scheduleOf(held).refreshAt).toBeLessThan(start);
  });

  it("refreshes at once when the access token is missing", () => {
    const held = login({ accessToken: undefined, earliestRefreshAt: start / 1000 + 3500 });
    expect(scheduleOf(held)).toEqual({
      refreshAt: Number.NEGATIVE_INFINITY,
      expiresAt: Number.NEGATIVE_INFINITY,
    });
  });

  it("lets a login without a refresh token serve to its end", () => {
    const held = login({ accessToken: accessToken("a", 3600), refreshToken: undefined });
    expect(scheduleOf(held).refreshAt).toBe(start + 3_600_000);
  });
});

describe("requireLogin and requireUsable", () => {
  it.each([
    ["nothing is stored", undefined, "upstream_auth_missing"],
    ["the file is empty", createCredentials({}), "upstream_auth_missing"],
    [
      "the file says that there is no API key either",
      createCredentials({ extra: { OPENAI_API_KEY: null } }),
      "upstream_auth_missing",
    ],
    [
      "only an API key is stored",
      createCredentials({ extra: { OPENAI_API_KEY: "sk-old" } }),
      "upstream_auth_incomplete",
    ],
    ["no account is bound", login({ boundAccountId: undefined }), "upstream_auth_incomplete"],
    [
      "the account is another one",
      login({ accountId: "account-2" }),
      "upstream_auth_account_mismatch",
    ],
  ])("refuse when %s", (_, stored, code) => {
    const refused = expect.objectContaining({
      code,
      status: 503,
      exitCode: 4,
      details: { hint: "airelays login" },
      message: expect.stringMatching(/ Run: airelays login$/),
    });
    expect(() => requireLogin(stored)).toThrow(refused);
    expect(() => requireUsable(stored)).toThrow(refused);
  });

  it("let a login without an access token be refreshed but not used", () => {
    const stored = login({ accessToken: undefined });
    expect(requireLogin(stored)).toBe(stored);
    expect(() => requireUsable(stored)).toThrow(
      expect.objectContaining({ code: "upstream_auth_incomplete" }),
    );
  });

  it("give the login itself back, with its redaction", () => {
    const stored = login();
    expect(requireUsable(stored)).toBe(stored);
  });
});
