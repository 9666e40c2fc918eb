/**
 * Bytes of the stand-in upstream, taken by real calls, so that what the load upstream plays has the
 * exact form of the wire. Knows the stand-in's sign-in and nothing of the load.
 */
import { createHash } from "node:crypto";
import { request } from "undici";
import { account, clientId } from "../src/simulator/account.ts";
import { wireDialect } from "./dialects.ts";

/** A login at the stand-in: code flow with PKCE; the stand-in consents by itself. */
export async function signInAt(standIn: string): Promise<{ token: string; accountId: string }> {
  const verifier = "bench".repeat(10);
  const redirect = "http://127.0.0.1:1455/auth/callback";
  const query = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirect,
    scope: "openid",
    state: "bench-bench",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const consent = await request(`${standIn}/oauth/authorize?${query}`);
  await consent.body.dump();
  const code = new URL(String(consent.headers["location"])).searchParams.get("code") ?? "";
  const grant = await request(`${standIn}/oauth/token`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: clientId,
      redirect_uri: redirect,
      code,
      code_verifier: verifier,
    }).toString(),
  });
  const { access_token: token } = (await grant.body.json()) as { access_token?: unknown };
  if (typeof token !== "string") throw new Error("The stand-in gave no access token.");
  return { token, accountId: account.id };
}

export interface Captured {
  readonly headers: Readonly<Record<string, string>>;
  /** One each, with the blank line at its end. */
  readonly events: readonly string[];
}

/** What the stand-in answers to this user text. */
export async function capture(
  standIn: string,
  login: { readonly token: string; readonly accountId: string },
  text: string,
): Promise<Captured> {
  const wire = wireDialect(login.token, login.accountId);
  const { path, headers, body } = wire.ask("gpt-5.5", {
    stream: true,
    turns: [{ role: "user", text }],
  });
  const answer = await request(`${standIn}${path}`, { method: "POST", headers, body });
  const whole = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`The stand-in answered: ${whole}`);
  const kept = Object.entries(answer.headers).flatMap(([name, value]) =>
    typeof value === "string" && !connectionHeaders.has(name) ? [[name, value] as const] : [],
  );
  return {
    headers: Object.fromEntries(kept),
    events: whole.split("\n\n").flatMap((event) => (event === "" ? [] : `${event}\n\n`)),
  };
}

/** Node's own to set. */
const connectionHeaders = new Set(["connection", "keep-alive", "transfer-encoding", "date"]);
