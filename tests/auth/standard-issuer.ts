/**
 * `oidc-provider`, a certified login server, on a loopback port: what the standard says, from somebody
 * who did not write our side. It signs everybody in as one account, without a page.
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type GrantContext, Provider } from "oidc-provider";
import { onTestFinished } from "vitest";
import type { Fetch } from "../../src/auth/issuer-http.ts";
import { clientId } from "./tokens.ts";

export interface StandardIssuer {
  readonly url: string;
  /**
   * The one departure of the real server that the standard refuses: a refresh and a revocation go
   * out as JSON. This makes forms of them, and keeps the paths of what was posted.
   */
  readonly fetch: Fetch;
  readonly posted: readonly string[];
}

const authClaim = "https://api.openai.com/auth";

/** `decline` makes the person refuse on the consent page. */
export async function startStandardIssuer({ decline = false } = {}): Promise<StandardIssuer> {
  const posted: string[] = [];
  // The issuer's name holds the port, so the port comes first.
  let provider: Provider | undefined;
  let answer: ReturnType<Provider["callback"]> | undefined;
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    if (request.method === "POST") posted.push(path);
    const outcome = decline
      ? { error: "access_denied", error_description: "The person said no." }
      : { login: { accountId: "user-1" }, consent: {} };
    void (path.startsWith("/interaction/")
      ? provider?.interactionFinished(request, response, outcome)
      : answer?.(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  provider = new Provider(
    url,
    configuration(() => provider),
  );
  answer = provider.callback();
  return { url, posted, fetch: (target, init) => fetch(target, asForm(init)) };
}

function configuration(provider: () => Provider | undefined): Record<string, unknown> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    clients: [
      {
        client_id: clientId,
        application_type: "native",
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        redirect_uris: ["http://localhost/auth/callback"],
      },
    ],
    routes: {
      authorization: "/oauth/authorize",
      token: "/oauth/token",
      revocation: "/oauth/revoke",
    },
    features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
    interactions: { url: (_: IncomingMessage, { uid }: { uid: string }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    issueRefreshToken: () => true,
    rotateRefreshToken: () => true,
    conformIdTokenClaims: false,
    claims: { openid: ["sub", authClaim], email: ["email"] },
    findAccount: (_: unknown, accountId: string) => ({
      accountId,
      claims: () => ({
        sub: accountId,
        email: "someone@example.com",
        [authClaim]: { chatgpt_account_id: "account-1", chatgpt_plan_type: "plus" },
      }),
    }),
    // Whoever is signed in has consented.
    async loadExistingGrant({ oidc }: GrantContext) {
      const owner = { accountId: oidc.session.accountId, clientId: oidc.client.clientId };
      const MadeGrant = provider()?.Grant;
      if (MadeGrant === undefined) return undefined;
      const grant = new MadeGrant(owner);
      grant.addOIDCScope(oidc.params.scope);
      await grant.save();
      return grant;
    },
    ttl: { AccessToken: 3600, Grant: 3600, IdToken: 3600, Interaction: 600, Session: 3600 },
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig" }] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
  };
}

function asForm(init: RequestInit): RequestInit {
  const headers = new Headers(init.headers);
  if (headers.get("content-type") !== "application/json") return init;
  headers.set("content-type", "application/x-www-form-urlencoded");
  const body = new URLSearchParams(JSON.parse(String(init.body)) as Record<string, string>);
  return { ...init, headers, body: body.toString() };
}

/** A browser as far as a sign-in needs one: it follows redirects and keeps cookies. */
export async function browse(address: string): Promise<Response> {
  const cookies = new Map<string, string>();
  let url = address;
  for (let hops = 0; hops < 10; hops += 1) {
    const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
    const response = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location === null) return response;
    url = new URL(location, url).href;
  }
  throw new Error(`More than ten redirects from ${address}.`);
}
