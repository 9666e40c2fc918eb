import { describe, expect, it } from "vitest";
import { createCredentials } from "../../src/auth/credentials.ts";
import { formatLogin, parseLogin } from "../../src/auth/stored-login.ts";
import { RelayError } from "../../src/errors.ts";
import { accessToken, idToken, login } from "./tokens.ts";

const place = "`auth.json`";

describe("a stored login", () => {
  it("reads back as it was written", () => {
    const written = login({ earliestRefreshAt: 1_800_000_000 });
    expect(parseLogin(formatLogin(written), place)).toEqual(written);
  });

  it("is written in the layout that older versions read", () => {
    expect(JSON.parse(formatLogin(login()))).toEqual({
      version: 1,
      bound_account_id: "account-1",
      tokens: {
        id_token: idToken(),
        access_token: accessToken("first"),
        refresh_token: "refresh-1",
        account_id: "account-1",
      },
      last_refresh: "2026-06-01T00:00:00.000Z",
      earliest_refresh_at: null,
    });
  });

  it("keeps fields that it does not know, in both places", () => {
    const text = JSON.stringify({
      OPENAI_API_KEY: "sk-old",
      auth_mode: "chatgpt",
      bound_account_id: "account-1",
      tokens: { access_token: "a", refresh_token: "r", account_id: "account-1", owner: "x" },
      last_refresh: "2026-05-01T00:00:00Z",
    });
    expect(JSON.parse(formatLogin(parseLogin(text, place)))).toEqual({
      OPENAI_API_KEY: "sk-old",
      auth_mode: "chatgpt",
      version: 1,
      bound_account_id: "account-1",
      tokens: {
        id_token: null,
        access_token: "a",
        refresh_token: "r",
        account_id: "account-1",
        owner: "x",
      },
      last_refresh: "2026-05-01T00:00:00Z",
      earliest_refresh_at: null,
    });
  });

  it("finds the account in the tokens when an older version lost it", () => {
    const text = JSON.stringify({ tokens: { id_token: idToken(), account_id: null } });
    expect(parseLogin(text, place).accountId).toBe("account-1");
  });

  it("with only an API key has no tokens and keeps the key", () => {
    const text = JSON.stringify({ OPENAI_API_KEY: "sk-old", tokens: null });
    expect(parseLogin(text, place)).toEqual(
      createCredentials({ extra: { OPENAI_API_KEY: "sk-old" } }),
    );
  });

  it.each(["", "{", "null", "[]", '"text"', '{"tokens":[]}', '{"tokens":"secret-token"}'])(
    "that is damaged (%j) names the file and the remedy, and quotes nothing",
    (text) => {
      const error = thrownBy(() => parseLogin(text, place));
      expect(error).toMatchObject({
        code: "storage_failed",
        message:
          "`auth.json` does not hold a sign-in that can be read. Move it away, then sign in again. Run: airelays login",
      });
      expect((error as RelayError).details.cause).toBeUndefined();
    },
  );

  it("of a newer version is refused, not overwritten", () => {
    expect(thrownBy(() => parseLogin('{"version":2}', place))).toMatchObject({
      code: "storage_failed",
      message: expect.stringContaining("newer version of airelays"),
    });
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    if (error instanceof RelayError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown.");
}
