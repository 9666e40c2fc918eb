import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createOAuth } from "../../src/auth/oauth.ts";
import { type IssuerReply, startFakeIssuer } from "./fake-issuer.ts";
import { accessToken, clientId, idToken, issuer as issuerName } from "./tokens.ts";

const identity = { clientId, originator: "airelays", userAgent: "airelays/0.1.0", fetch };

async function arrange(...replies: readonly IssuerReply[]) {
  const issuer = await startFakeIssuer(replies);
  const oauth = createOAuth({ ...identity, issuer: issuerName, fetch: issuer.fetch });
  return { ...issuer, oauth };
}

const proof = {
  code: "ac_code",
  redirectUri: "http://localhost:1455/auth/callback",
  codeVerifier: "v".repeat(43),
};
const tokens = { access_token: accessToken("a"), refresh_token: "rt", id_token: idToken() };
const wholeGrant = {
  accessToken: tokens.access_token,
  refreshToken: "rt",
  idToken: tokens.id_token,
  earliestRefreshAt: undefined,
};

describe("the authorization address", () => {
  it("has every parameter that the login server wants, spaces as %20", async () => {
    const oauth = createOAuth({
      issuer: "https://auth.openai.com/",
      ...identity,
      workspaceId: "ws-1",
    });
    const { url, state, codeVerifier } = await oauth.authorize(proof.redirectUri);
    expect(state).toMatch(/^[\w-]{43}$/);
    expect(url.split("?")[0]).toBe("https://auth.openai.com/oauth/authorize");
    expect(url).toContain("scope=openid%20profile%20email%20offline_access");
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
      response_type: "code",
      client_id: clientId,
      redirect_uri: proof.redirectUri,
      scope: "openid profile email offline_access",
      code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
      code_challenge_method: "S256",
      state,
      id_token_add_organizations: "true",
      codex_cli_simplified_flow: "true",
      originator: "airelays",
      allowed_workspace_id: "ws-1",
    });
  });

  it("is another one each time", async () => {
    const oauth = createOAuth({ issuer: "https://auth.openai.com", ...identity });
    const [one, other] = [await oauth.authorize("x:"), await oauth.authorize("x:")];
    expect([one.state === other.state, one.codeVerifier === other.codeVerifier]).toEqual([
      false,
      false,
    ]);
  });
});

describe("the issuer", () => {
  it.each([
    "http://auth.openai.com",
    "http://127.0.0.1.evil.example",
    "ftp://localhost",
    "nonsense",
  ])("`%s` is refused", (issuer) => {
    expect(() => createOAuth({ issuer, ...identity })).toThrow(
      expect.objectContaining({ code: "config_invalid" }),
    );
  });

  it.each([
    "https://auth.openai.com",
    "http://localhost:9",
    "http://127.0.0.1:9",
    "http://[::1]:9",
  ])("`%s` is taken", (issuer) => {
    expect(createOAuth({ issuer, ...identity }).issuer).toBe(issuer);
  });
});

describe("the code exchange", () => {
  it("posts the form of the standard and asks for no API key", async () => {
    const { oauth, requests } = await arrange({
      body: { ...tokens, earliest_refresh_at: 1_787_000_000 },
    });
    expect(await oauth.exchangeCode(proof)).toEqual({
      ...wholeGrant,
      earliestRefreshAt: 1_787_000_000,
    });
    expect(requests.map(({ body, ...rest }) => ({ ...rest, form: formOf(body) }))).toEqual([
      {
        path: "POST /oauth/token",
        contentType: "application/x-www-form-urlencoded",
        userAgent: "airelays/0.1.0",
        form: {
          grant_type: "authorization_code",
          code: "ac_code",
          redirect_uri: proof.redirectUri,
          client_id: clientId,
          code_verifier: proof.codeVerifier,
        },
      },
    ]);
  });

  it.each([
    ["no token type and unknown fields", { oai_is: "ois1", scope: "openid" }],
    ["a lower-case token type", { token_type: "bearer" }],
    ["an expiry as text", { expires_in: "864000" }],
  ])("takes an answer with %s", async (_, fields) => {
    const { oauth } = await arrange({ body: { ...tokens, ...fields } });
    expect(await oauth.exchangeCode(proof)).toEqual(wholeGrant);
  });

  const hour = 3600;
  const now = Math.floor(Date.now() / 1000);

  it.each([
    ["another issuer", { iss: "https://auth.evil.example" }],
    ["another program", { aud: ["app_other"] }],
    ["two programs", { aud: [clientId, "app_other"] }],
    ["the day before yesterday", { exp: now - 48 * hour }],
    ["another sign-in, by its nonce", { nonce: "n-1" }],
    ["nobody", { sub: undefined }],
    ["no time", { iat: undefined }],
  ])("refuses an id token of %s", async (_, claims) => {
    const id_token = idToken("account-1", claims);
    const { oauth } = await arrange({ body: { ...tokens, id_token } });
    const error = await oauth.exchangeCode(proof).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "login_failed" });
    expect(inspect(error, { depth: 10 })).not.toMatch(/eyJ|"?rt"?,/);
  });

  it("refuses an id token that is none", async () => {
    const { oauth } = await arrange({ body: { ...tokens, id_token: "opaque" } });
    await expect(oauth.exchangeCode(proof)).rejects.toMatchObject({ code: "login_failed" });
  });

  it("takes an id token though the clock of this machine is half a day ahead", async () => {
    const id_token = idToken("account-1", { exp: now - 12 * hour });
    const { oauth } = await arrange({ body: { ...tokens, id_token } });
    expect((await oauth.exchangeCode(proof)).idToken).toBe(id_token);
  });

  it.each([
    ["another state", "code=ac_code&state=other"],
    ["no state", "code=ac_code"],
    ["two states", "code=ac_code&state=sent&state=sent"],
    ["two codes", "code=ac_code&code=ac_other&state=sent"],
    ["the name of another server", "code=ac_code&state=sent&iss=https%3A%2F%2Fauth.evil.example"],
  ])("sends no code that came back with %s", async (_, query) => {
    const { oauth, requests } = await arrange({ body: tokens });
    const callback = { query: new URLSearchParams(query), state: "sent" };
    await expect(oauth.exchangeCode({ ...proof, callback })).rejects.toMatchObject({
      code: "login_failed",
    });
    expect(requests).toEqual([]);
  });

  it.each(["access_token", "refresh_token", "id_token"])("fails without `%s`", async (name) => {
    const { oauth } = await arrange({ body: { ...tokens, [name]: null } });
    const error = await oauth.exchangeCode(proof).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "login_failed" });
    expect(inspect(error, { depth: 10 })).not.toContain(tokens.access_token);
  });

  it.each([
    [
      "flat",
      { error: "invalid_grant", error_description: "The code is spent." },
      "The sign-in failed. The login server answered 400 `invalid_grant`: The code is spent.",
    ],
    [
      "nested",
      { error: { message: "Denied.", code: "denied" } },
      "The sign-in failed. The login server answered 400 `denied`: Denied.",
    ],
    ["missing", {}, "The sign-in failed. The login server answered 400."],
  ])("names the server's code when it is %s", async (_, body, message) => {
    const { oauth } = await arrange({ status: 400, body });
    await expect(oauth.exchangeCode(proof)).rejects.toMatchObject({
      code: "login_failed",
      message,
    });
  });

  it("names Cloudflare when it answers instead of the server", async () => {
    const { oauth } = await arrange({
      status: 403,
      headers: { "content-type": "text/html; charset=UTF-8" },
      body: "<title>Just a moment...</title>",
    });
    await expect(oauth.exchangeCode(proof)).rejects.toMatchObject({
      code: "login_failed",
      message: expect.stringContaining("Cloudflare"),
    });
  });

  it("follows no redirect, which would carry the code elsewhere", async () => {
    const elsewhere = await startFakeIssuer([{ body: tokens }]);
    const { oauth } = await arrange({
      status: 307,
      headers: { location: `${elsewhere.url}/oauth/token` },
    });
    await expect(oauth.exchangeCode(proof)).rejects.toMatchObject({ code: "login_failed" });
    expect(elsewhere.requests).toEqual([]);
  });

  it("ends with the signal's reason when the person gives up", async () => {
    const { oauth } = await arrange();
    const reason = new Error("gone");
    await expect(oauth.exchangeCode(proof, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe("a refresh", () => {
  it("posts JSON without a scope and gives back what the answer holds", async () => {
    const { oauth, requests } = await arrange({ body: tokens });
    expect(await oauth.refresh("rt-old")).toEqual(wholeGrant);
    expect(requests.map(({ body, ...rest }) => ({ ...rest, json: JSON.parse(body) }))).toEqual([
      {
        path: "POST /oauth/token",
        contentType: "application/json",
        userAgent: "airelays/0.1.0",
        json: { client_id: clientId, grant_type: "refresh_token", refresh_token: "rt-old" },
      },
    ]);
  });

  it("keeps the login whatever the id token is: the old refresh token is spent", async () => {
    const { oauth } = await arrange({ body: { ...tokens, id_token: "opaque" } });
    expect(await oauth.refresh("rt-old")).toEqual({ ...wholeGrant, idToken: "opaque" });
  });

  it("leaves out what the answer leaves out, even the access token", async () => {
    const { oauth } = await arrange({ body: { refresh_token: "rt-new", id_token: "" } });
    expect(await oauth.refresh("rt-old")).toEqual({
      accessToken: undefined,
      refreshToken: "rt-new",
      idToken: undefined,
      earliestRefreshAt: undefined,
    });
  });

  it.each([
    [401, { error: { message: "Used.", code: "refresh_token_reused" } }, "refresh_token_reused"],
    [401, { error: { message: "Old.", code: "refresh_token_expired" } }, "refresh_token_expired"],
    [400, { error: { code: "refresh_token_invalidated" } }, "refresh_token_invalidated"],
    [400, { error: "invalid_grant" }, "invalid_grant"],
    [400, { code: "refresh_token_reused" }, "refresh_token_reused"],
    [401, "Unauthorized", undefined],
  ])("refused with %i %j is final", async (status, body, code) => {
    const { oauth } = await arrange({ status, body });
    await expect(oauth.refresh("rt")).rejects.toMatchObject({
      code: "upstream_auth_refresh_failed",
      details: {
        hint: "airelays login",
        upstream: code === undefined ? { status } : { status, code },
      },
    });
  });

  it.each([
    [{ status: 500, body: { error: "server_error" } }, "upstream_error"],
    [{ status: 400, body: { error: "temporarily_unavailable" } }, "upstream_error"],
    [{ status: 429, body: "slow" }, "upstream_rate_limited"],
    [{ hangUp: true }, "upstream_unreachable"],
    [{ status: 200, body: { access_token: 7 } }, "upstream_error"],
    [{ status: 403, headers: { "cf-mitigated": "challenge" } }, "upstream_blocked_by_cloudflare"],
    [
      { status: 403, headers: { "content-type": "text/html" }, body: "<html>" },
      "upstream_blocked_by_cloudflare",
    ],
  ])("answered with %j may be tried again (%s)", async (reply, code) => {
    const { oauth } = await arrange(reply);
    await expect(oauth.refresh("rt")).rejects.toMatchObject({ code });
  });

  it("shows no token that the server repeats, and no control character", async () => {
    const secret = `rt.1.${"s".repeat(60)}`;
    const { oauth } = await arrange({
      status: 400,
      body: { error: "bad", error_description: `\u001b[31mtoken ${secret} is unknown\r\n` },
    });
    const error = await oauth.refresh(secret).catch((thrown: unknown) => thrown);
    expect(inspect(error, { depth: 10 })).not.toContain(secret);
    expect(error).toMatchObject({
      message:
        "The ChatGPT sign-in could not be renewed just now. The login server answered 400 `bad`: [31mtoken [redacted] is unknown.",
    });
  });
});

describe("ending a login", () => {
  it("revokes the refresh token", async () => {
    const { oauth, requests } = await arrange({ body: {} });
    await oauth.revoke("rt-old");
    expect(requests.map(({ path, body }) => [path, JSON.parse(body)])).toEqual([
      [
        "POST /oauth/revoke",
        { token: "rt-old", token_type_hint: "refresh_token", client_id: clientId },
      ],
    ]);
  });

  it("says when the server did not confirm", async () => {
    const { oauth } = await arrange({ status: 503, body: "busy" });
    await expect(oauth.revoke("rt-old")).rejects.toMatchObject({ code: "login_failed" });
  });
});

function formOf(body: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(body));
}
