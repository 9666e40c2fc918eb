import { describe, expect, it } from "vitest";
import { objectAt } from "../../src/simulator/json.ts";
import {
  authorizePath,
  bodyOf,
  callerHeaders,
  clientId,
  codeFields,
  redirectUri,
  startStandIn,
  type Tokens,
} from "./stand-in.ts";

const claims = (jwt: string) =>
  JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8"));

async function codeFrom(standIn: Awaited<ReturnType<typeof startStandIn>>): Promise<string> {
  const answer = await standIn.get(authorizePath());
  return new URL(answer.headers.get("location") ?? "").searchParams.get("code") ?? "";
}

describe("authorize", () => {
  it("sends the browser back with a code and the state", async () => {
    const standIn = await startStandIn();
    const answer = await standIn.get(authorizePath());
    const location = new URL(answer.headers.get("location") ?? "");
    expect(answer.status).toBe(302);
    expect(location.origin + location.pathname).toBe(redirectUri);
    expect(location.searchParams.get("state")).toBe("a-state-of-the-client");
    expect(location.searchParams.get("code")).toMatch(/^ac_/);
  });

  it.each([
    ["a client that is not registered", { client_id: "app_other" }, "invalid_client"],
    [
      "a redirect to another host",
      { redirect_uri: "https://example.com/auth/callback" },
      "invalid_request",
    ],
    [
      "a redirect to another path",
      { redirect_uri: "http://localhost:1455/elsewhere" },
      "invalid_request",
    ],
  ])("does not redirect for %s", async (_, changes, error) => {
    const standIn = await startStandIn();
    const answer = await standIn.get(authorizePath(changes));
    expect({ status: answer.status, location: answer.headers.get("location") }).toEqual({
      status: 400,
      location: null,
    });
    expect(await answer.json()).toMatchObject({ error });
  });

  it.each([
    ["another response type", { response_type: "token" }, "unsupported_response_type"],
    ["a short state", { state: "x" }, "invalid_state"],
    ["a plain challenge", { code_challenge_method: "plain" }, "invalid_request"],
    ["a challenge that is no hash", { code_challenge: "abc" }, "invalid_request"],
    ["a scope without openid", { scope: "email" }, "invalid_scope"],
  ])("sends the browser back with the error for %s", async (_, changes, error) => {
    const standIn = await startStandIn();
    const answer = await standIn.get(authorizePath(changes));
    const location = new URL(answer.headers.get("location") ?? "");
    expect(location.searchParams.get("error")).toBe(error);
    expect(location.searchParams.get("code")).toBe(null);
  });

  it("denies when the fault is on", async () => {
    const standIn = await startStandIn();
    await standIn.postJson("/simulator/faults", { login: "denied" });
    const answer = await standIn.get(authorizePath());
    expect(new URL(answer.headers.get("location") ?? "").searchParams.get("error")).toBe(
      "access_denied",
    );
  });
});

describe("the code exchange", () => {
  it("gives tokens whose claims name the account", async () => {
    const standIn = await startStandIn();
    const tokens = await standIn.signIn();
    const issuedAt = Date.UTC(2026, 10, 20) / 1000;
    expect(tokens).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]{342}$/),
      token_type: "Bearer",
      expires_in: 864_000,
      scope: "openid profile email offline_access",
      id_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]{342}$/),
      earliest_refresh_at: issuedAt + 777_600,
      refresh_token: expect.stringMatching(/^rt\.1\.[\w-]{190}$/),
      oai_is: expect.stringMatching(/^ois1\./),
    });
    expect(claims(tokens.access_token)).toMatchObject({
      exp: issuedAt + 864_000,
      client_id: clientId,
      "https://api.openai.com/auth": {
        chatgpt_account_id: "5ca1ab1e-0000-4000-8000-000000a1de10",
        chatgpt_plan_type: "pro",
      },
      "https://api.openai.com/profile": { email: "demo@airelays.invalid" },
    });
    expect(claims(tokens.id_token)).toMatchObject({
      aud: [clientId],
      email: "demo@airelays.invalid",
      exp: issuedAt + 3600,
    });
  });

  it.each([
    ["a wrong verifier", { code_verifier: "w".repeat(64) }],
    ["a verifier that is too short", { code_verifier: "short" }],
    ["another redirect", { redirect_uri: "http://127.0.0.1:1455/auth/callback" }],
  ])("refuses %s, and the code is spent", async (_, changes) => {
    const standIn = await startStandIn();
    const code = await codeFrom(standIn);
    const wrong = await standIn.postForm("/oauth/token", codeFields(code, changes));
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({ error: "invalid_grant" });
    const right = await standIn.postForm("/oauth/token", codeFields(code));
    expect(right.status).toBe(400);
  });

  it("refuses a code that was used", async () => {
    const standIn = await startStandIn();
    const code = await codeFrom(standIn);
    expect((await standIn.postForm("/oauth/token", codeFields(code))).status).toBe(200);
    const again = await standIn.postForm("/oauth/token", codeFields(code));
    expect(again.status).toBe(400);
    expect(await again.json()).toMatchObject({ error: "invalid_grant" });
  });

  it("refuses a code after ten minutes", async () => {
    const standIn = await startStandIn();
    const code = await codeFrom(standIn);
    standIn.advance(600);
    expect((await standIn.postForm("/oauth/token", codeFields(code))).status).toBe(400);
  });

  it("refuses the grant as JSON", async () => {
    const standIn = await startStandIn();
    const code = await codeFrom(standIn);
    const answer = await standIn.postJson("/oauth/token", codeFields(code));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: "invalid_request" });
  });

  it("answers the exchange for an API key as a personal account is answered", async () => {
    const standIn = await startStandIn();
    const answer = await standIn.postForm("/oauth/token", {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      client_id: clientId,
    });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({
      error: {
        message: "Invalid ID token: missing organization_id",
        type: "invalid_request_error",
        param: null,
        code: "invalid_subject_token",
      },
    });
  });
});

describe("refresh", () => {
  const refreshFields = (tokens: Tokens) => ({
    client_id: clientId,
    grant_type: "refresh_token",
    refresh_token: tokens.refresh_token,
  });

  it.each(["postJson", "postForm"] as const)("rotates the token sent by %s", async (send) => {
    const standIn = await startStandIn();
    const first = await standIn.signIn();
    const answer = await standIn[send]("/oauth/token", refreshFields(first));
    const second = (await answer.json()) as Tokens;
    expect(answer.status).toBe(200);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.access_token).not.toBe(first.access_token);
    const state = await (await standIn.get("/simulator/state")).json();
    expect(state).toMatchObject({ logins: 1, refreshes: 1 });
  });

  it("refuses a token that was used", async () => {
    const standIn = await startStandIn();
    const tokens = await standIn.signIn();
    await standIn.postJson("/oauth/token", refreshFields(tokens));
    const again = await standIn.postJson("/oauth/token", refreshFields(tokens));
    expect(again.status).toBe(401);
    expect(await again.json()).toEqual({
      error: {
        message:
          "Your refresh token has already been used to generate a new access token. Please try signing in again.",
        type: "invalid_request_error",
        param: null,
        code: "refresh_token_reused",
      },
    });
  });

  it("ends the session of a revoked token", async () => {
    const standIn = await startStandIn();
    const tokens = await standIn.signIn();
    const revoked = await standIn.postJson("/oauth/revoke", {
      token: tokens.refresh_token,
      token_type_hint: "refresh_token",
      client_id: clientId,
    });
    expect(revoked.status).toBe(200);
    const refreshed = await standIn.postJson("/oauth/token", refreshFields(tokens));
    expect(await refreshed.json()).toMatchObject({ error: { code: "refresh_token_invalidated" } });
    const used = await standIn.get("/backend-api/wham/usage", callerHeaders(tokens));
    expect(used.status).toBe(401);
    expect(used.headers.get("x-openai-ide-error-code")).toBe("token_revoked");
  });

  it.each([
    ["expired", 401, "refresh_token_expired"],
    ["reused", 401, "refresh_token_reused"],
    ["invalidated", 401, "refresh_token_invalidated"],
    ["server_error", 500, undefined],
  ])("fails as told by the fault %s, and spends nothing", async (refresh, status, code) => {
    const standIn = await startStandIn();
    const tokens = await standIn.signIn();
    await standIn.postJson("/simulator/faults", { refresh });
    const failed = await standIn.postJson("/oauth/token", refreshFields(tokens));
    expect(failed.status).toBe(status);
    expect(objectAt(await bodyOf(failed), "error")["code"]).toBe(code);
    await standIn.postJson("/simulator/faults", { refresh: "none" });
    expect((await standIn.postJson("/oauth/token", refreshFields(tokens))).status).toBe(200);
  });
});

describe("device login", () => {
  const start = async (standIn: Awaited<ReturnType<typeof startStandIn>>) => {
    const answer = await standIn.postJson("/api/accounts/deviceauth/usercode", {
      client_id: clientId,
    });
    return (await answer.json()) as Record<string, string>;
  };
  const poll = (
    standIn: Awaited<ReturnType<typeof startStandIn>>,
    started: Record<string, string>,
  ) =>
    standIn.postJson("/api/accounts/deviceauth/token", {
      device_auth_id: started["device_auth_id"],
      user_code: started["user_code"],
    });

  it("is pending until the code is approved, then gives a code for tokens", async () => {
    const standIn = await startStandIn();
    const started = await start(standIn);
    expect(started).toEqual({
      device_auth_id: expect.stringMatching(/^deviceauth_[0-9a-f]{32}$/),
      user_code: expect.stringMatching(/^[A-Z2-9]{4}-[A-Z2-9]{5}$/),
      interval: "5",
      expires_at: "2026-11-20T00:15:00.000Z",
    });
    const pending = await poll(standIn, started);
    expect(pending.status).toBe(403);
    expect(await pending.json()).toEqual({ error: { code: "deviceauth_authorization_pending" } });

    const approved = await standIn.postForm("/codex/device", {
      user_code: started["user_code"] ?? "",
    });
    expect(approved.status).toBe(200);
    const done = (await (await poll(standIn, started)).json()) as Record<string, string>;
    const exchanged = await standIn.postForm(
      "/oauth/token",
      codeFields(done["authorization_code"] ?? "", {
        redirect_uri: `${standIn.simulator.issuerBaseUrl}/deviceauth/callback`,
        code_verifier: done["code_verifier"] ?? "",
      }),
    );
    expect(exchanged.status).toBe(200);
    expect((await poll(standIn, started)).status).toBe(403);
  });

  it("forgets a code after fifteen minutes", async () => {
    const standIn = await startStandIn();
    const started = await start(standIn);
    standIn.advance(900);
    const page = await standIn.postForm("/codex/device", { user_code: started["user_code"] ?? "" });
    expect(page.status).toBe(404);
    expect(await (await poll(standIn, started)).json()).toEqual({
      error: { code: "deviceauth_authorization_unknown" },
    });
  });

  it.each([
    ["deny", 400, { error: { code: "access_denied" } }],
    ["slow_down", 400, { error: { code: "slow_down" } }],
  ])("answers a poll as told by the fault %s", async (device, status, body) => {
    const standIn = await startStandIn();
    const started = await start(standIn);
    await standIn.postJson("/simulator/faults", { device });
    const polled = await poll(standIn, started);
    expect({ status: polled.status, body: await polled.json() }).toEqual({ status, body });
  });

  it("answers 404 when device login is disabled", async () => {
    const standIn = await startStandIn();
    await standIn.postJson("/simulator/faults", { device: "disabled" });
    const answer = await standIn.postJson("/api/accounts/deviceauth/usercode", {
      client_id: clientId,
    });
    expect(answer.status).toBe(404);
  });

  it("shows a page without script that says what it is and escapes the code", async () => {
    const standIn = await startStandIn();
    const answer = await standIn.get("/codex/device?user_code=%22%3E%3Cscript%3E");
    const page = await answer.text();
    expect(page).toContain("there is no AI behind it");
    expect(page).toContain('value="&#34;&#62;&#60;script&#62;"');
    expect(page).not.toContain("<script");
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  });
});
