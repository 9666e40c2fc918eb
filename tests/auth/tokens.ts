import { type Credentials, createCredentials } from "../../src/auth/credentials.ts";

/** The moment at which the tests of this folder begin: 2026-06-01T00:00:00Z. */
export const start = Date.UTC(2026, 5, 1);

/** A JWT shape with these claims and no valid signature. */
export function jwt(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}.c2lnbmF0dXJl`;
}

/** An access token that ends so many seconds after `start`. */
export function accessToken(name: string, secondsLeft = 864_000, accountId = "account-1"): string {
  return jwt({
    jti: name,
    exp: start / 1000 + secondsLeft,
    "https://api.openai.com/auth": { chatgpt_account_id: accountId, chatgpt_plan_type: "plus" },
    "https://api.openai.com/profile": { email: "someone@example.com" },
  });
}

/** The login server of these tests, by the name that its id tokens carry. */
export const issuer = "https://auth.example";
export const clientId = "app_test";

/** An id token that no clock finds expired. */
export function idToken(accountId = "account-1", claims: Record<string, unknown> = {}): string {
  return jwt({
    iss: issuer,
    aud: [clientId],
    sub: "user-1",
    iat: start / 1000,
    exp: Date.UTC(2100, 0) / 1000,
    email: "someone@example.com",
    "https://api.openai.com/auth": { chatgpt_account_id: accountId, chatgpt_plan_type: "plus" },
    ...claims,
  });
}

/** A whole login of account-1, with what the test wants different. */
export function login(fields: Parameters<typeof createCredentials>[0] = {}): Credentials {
  return createCredentials({
    accessToken: accessToken("first"),
    refreshToken: "refresh-1",
    idToken: idToken(),
    accountId: "account-1",
    boundAccountId: "account-1",
    lastRefresh: new Date(start).toISOString(),
    ...fields,
  });
}
