/**
 * What the issuer wrote into its tokens: account, plan, e-mail, expiry. The signature is not
 * checked: the tokens come from the issuer over TLS, and nothing here decides who may do what; the
 * upstream checks its own tokens. A text that is no JWT has no claims.
 */

export interface TokenClaims {
  readonly email: string | undefined;
  readonly plan: string | undefined;
  readonly accountId: string | undefined;
  /** Unix seconds. */
  readonly issuedAt: number | undefined;
  /** Unix seconds. */
  readonly expiresAt: number | undefined;
}

const authNamespace = "https://api.openai.com/auth";
const profileNamespace = "https://api.openai.com/profile";

/** The claims of a JWT; all undefined when the text is not one. */
export function readClaims(token: string | undefined): TokenClaims {
  const payload = decodePayload(token);
  const auth = asRecord(payload[authNamespace]);
  const profile = asRecord(payload[profileNamespace]);
  return {
    email: asText(payload["email"]) ?? asText(profile["email"]),
    plan: asText(auth["chatgpt_plan_type"]),
    accountId: asText(auth["chatgpt_account_id"]),
    issuedAt: asSeconds(payload["iat"]),
    expiresAt: asSeconds(payload["exp"]),
  };
}

function decodePayload(token: string | undefined): Record<string, unknown> {
  const payload = token?.split(".")[1];
  if (payload === undefined) return {};
  try {
    return asRecord(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")));
  } catch {
    // An opaque token is allowed; the session then goes by the age of the login.
    return {};
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function asSeconds(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
