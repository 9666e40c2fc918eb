/** The one person who has an account here, and what the tokens say of them. Nobody real. */
import { createHash } from "node:crypto";
import { digest, uuidFrom } from "./digest.ts";

export const clientId = "app_EMoamEEZ73f0CkXaXp7hrann";

export const account = {
  id: "5ca1ab1e-0000-4000-8000-000000a1de10",
  userId: "user-StandInNobody",
  organizationId: "org-StandInNowhere",
  email: "demo@airelays.invalid",
  name: "Stand-in Demo",
  plan: "pro",
} as const;

const authNamespace = "https://api.openai.com/auth";
const profileNamespace = "https://api.openai.com/profile";
const idTokenLifetimeSeconds = 3600;

export interface TokenFacts {
  /** Tells this token from every other one of the same server. */
  readonly serial: string;
  /** The address under which the login server was asked: clients compare it with the one they know. */
  readonly issuer: string;
  readonly sessionId: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly scope: string;
}

/** The access token as a JWT; its `exp` is what clients read. */
export function formatAccessToken(facts: TokenFacts): string {
  return formatJwt({
    aud: ["https://api.openai.com/v1"],
    client_id: clientId,
    exp: facts.expiresAt,
    [authNamespace]: {
      amr: ["pwd"],
      chatgpt_account_id: account.id,
      chatgpt_account_user_id: `${account.userId}__${account.id}`,
      chatgpt_compute_residency: "no_constraint",
      chatgpt_plan_type: account.plan,
      chatgpt_user_id: account.userId,
      localhost: true,
      poid: account.organizationId,
      user_id: account.userId,
    },
    [profileNamespace]: { email: account.email, email_verified: true, name: account.name },
    iat: facts.issuedAt,
    iss: facts.issuer,
    jti: uuidFrom("access", facts.serial),
    nbf: facts.issuedAt,
    pwd_auth_time: facts.issuedAt * 1000,
    scp: facts.scope.split(" "),
    session_id: `authsess_${facts.sessionId}`,
    sl: true,
    sub: "auth0|stand-in",
  });
}

/** The id token as a JWT, bound to its access token by `at_hash`. */
export function formatIdToken(facts: TokenFacts, accessToken: string): string {
  const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
  return formatJwt({
    amr: ["pwd"],
    at_hash: createHash("sha256")
      .update(accessToken)
      .digest()
      .subarray(0, 16)
      .toString("base64url"),
    aud: [clientId],
    auth_provider: "password",
    auth_time: facts.issuedAt,
    email: account.email,
    email_verified: true,
    exp: facts.issuedAt + idTokenLifetimeSeconds,
    [authNamespace]: {
      chatgpt_account_id: account.id,
      chatgpt_plan_type: account.plan,
      chatgpt_subscription_active_start: iso(facts.issuedAt - 15 * 86_400),
      chatgpt_subscription_active_until: iso(facts.issuedAt + 15 * 86_400),
      chatgpt_subscription_last_checked: iso(facts.issuedAt),
      chatgpt_user_id: account.userId,
      groups: [],
      localhost: true,
      organizations: [
        { id: account.organizationId, is_default: true, role: "owner", title: "Personal" },
      ],
      user_id: account.userId,
    },
    iat: facts.issuedAt,
    iss: facts.issuer,
    jti: uuidFrom("id", facts.serial),
    name: account.name,
    rat: facts.issuedAt,
    sid: uuidFrom("sid", facts.sessionId),
    sub: "auth0|stand-in",
  });
}

function formatJwt(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "RS256", kid: "stand-in", typ: "JWT" })}.${part(claims)}`;
  // As long as an RS256 signature and worth nothing: there is no key, and no client checks it.
  const signature = Buffer.from(digest("not a signature", signed).repeat(8), "hex");
  return `${signed}.${signature.toString("base64url")}`;
}
