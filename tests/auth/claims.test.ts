import { describe, expect, it } from "vitest";
import { readClaims } from "../../src/auth/claims.ts";
import { jwt } from "./tokens.ts";

const nothing = { email: undefined, plan: undefined, accountId: undefined, expiresAt: undefined };

describe("readClaims", () => {
  it("reads account, plan, e-mail and expiry", () => {
    const token = jwt({
      email: "someone@example.com",
      exp: 1_800_000_000,
      "https://api.openai.com/auth": { chatgpt_account_id: "acc", chatgpt_plan_type: "pro" },
    });
    expect(readClaims(token)).toEqual({
      email: "someone@example.com",
      plan: "pro",
      accountId: "acc",
      expiresAt: 1_800_000_000,
    });
  });

  it("takes the e-mail from the profile of an access token", () => {
    const token = jwt({ "https://api.openai.com/profile": { email: "profile@example.com" } });
    expect(readClaims(token)).toEqual({ ...nothing, email: "profile@example.com" });
  });

  it.each([
    undefined,
    "",
    "opaque",
    "a.b.c",
    `a.${Buffer.from("null").toString("base64url")}.c`,
    jwt({ email: 7, exp: "soon", "https://api.openai.com/auth": "none" }),
  ])("knows nothing of %j", (token) => {
    expect(readClaims(token)).toEqual(nothing);
  });
});
