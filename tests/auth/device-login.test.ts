import { describe, expect, it } from "vitest";
import {
  createDeviceLogin,
  type DeviceLoginOptions,
  type DevicePrompt,
} from "../../src/auth/device-login.ts";
import { createIssuerHttp } from "../../src/auth/issuer-http.ts";
import { createOAuth } from "../../src/auth/oauth.ts";
import { type IssuerReply, startFakeIssuer } from "./fake-issuer.ts";
import { createManualClock } from "./manual-clock.ts";
import { accessToken, clientId, idToken, issuer as issuerName, login, start } from "./tokens.ts";

const userAgent = "airelays/0.1.0";
const started = { device_auth_id: "deviceauth_1", user_code: "ABCD-12345", interval: "5" };
const pending: IssuerReply = {
  status: 403,
  body: { error: { code: "deviceauth_authorization_pending" } },
};
const approved: IssuerReply = {
  body: { authorization_code: "ac_1", code_challenge: "c", code_verifier: "v".repeat(43) },
};
const tokens: IssuerReply = {
  body: { access_token: accessToken("first"), refresh_token: "refresh-1", id_token: idToken() },
};

async function arrange(replies: readonly IssuerReply[], more: Partial<DeviceLoginOptions> = {}) {
  const issuer = await startFakeIssuer(replies);
  const clock = createManualClock();
  const prompts: DevicePrompt[] = [];
  const waits: number[] = [];
  const slept: number[] = [];
  const method = createDeviceLogin({
    oauth: createOAuth({
      issuer: issuerName,
      clientId,
      originator: "airelays",
      userAgent,
      fetch: issuer.fetch,
    }),
    http: createIssuerHttp({ fetch: issuer.fetch, userAgent }),
    clock,
    onPrompt: (prompt) => prompts.push(prompt),
    onWaiting: (seconds) => waits.push(seconds),
    async sleep(ms, signal) {
      signal.throwIfAborted();
      slept.push(ms / 1000);
      clock.advance(ms / 1000);
    },
    ...more,
  });
  const signIn = (signal = new AbortController().signal) => method.signIn(signal);
  return { ...issuer, signIn, clock, prompts, waits, slept };
}

describe("device sign-in", () => {
  it("shows the code, polls until it is confirmed and exchanges the server's proof", async () => {
    const { signIn, requests, prompts, waits, slept } = await arrange([
      { body: started },
      pending,
      { status: 404, body: {} },
      approved,
      tokens,
    ]);
    expect(await signIn()).toEqual(login({ lastRefresh: "2026-06-01T00:00:10.000Z" }));
    expect(prompts).toEqual([
      {
        verificationUrl: `${issuerName}/codex/device`,
        userCode: "ABCD-12345",
        expiresAt: start + 900_000,
      },
    ]);
    expect([slept, waits]).toEqual([
      [5, 5],
      [900, 895],
    ]);
    const poll = [
      "POST /api/accounts/deviceauth/token",
      { device_auth_id: "deviceauth_1", user_code: "ABCD-12345" },
    ];
    expect(
      requests.map(({ path, body, contentType }) => [path, decode(body, contentType)]),
    ).toEqual([
      ["POST /api/accounts/deviceauth/usercode", { client_id: "app_test" }],
      poll,
      poll,
      poll,
      [
        "POST /oauth/token",
        {
          grant_type: "authorization_code",
          code: "ac_1",
          redirect_uri: `${issuerName}/deviceauth/callback`,
          client_id: "app_test",
          code_verifier: "v".repeat(43),
        },
      ],
    ]);
    expect(new Set(requests.map((request) => request.userAgent))).toEqual(new Set([userAgent]));
  });

  it("T41 takes the code under its other name and never an address from the server", async () => {
    const { signIn, prompts } = await arrange([
      {
        body: {
          device_auth_id: "d",
          usercode: "WXYZ-1",
          verification_uri: "https://evil.example",
          verification_url: "https://evil.example",
        },
      },
      approved,
      tokens,
    ]);
    await signIn();
    expect(prompts).toEqual([
      {
        verificationUrl: `${issuerName}/codex/device`,
        userCode: "WXYZ-1",
        expiresAt: start + 900_000,
      },
    ]);
  });

  it.each([
    ["7", 7],
    [3, 3],
    [undefined, 5],
    [null, 5],
    ["soon", 5],
    ["0", 1],
    [-4, 1],
  ])("waits for the interval %j as %i s", async (interval, seconds) => {
    const { signIn, slept } = await arrange([
      { body: { ...started, interval } },
      pending,
      approved,
      tokens,
    ]);
    await signIn();
    expect(slept).toEqual([seconds]);
  });

  it("waits five seconds longer each time the server asks for it", async () => {
    const slow = { status: 400, body: { error: "slow_down" } };
    const { signIn, slept } = await arrange([
      { body: started },
      slow,
      pending,
      slow,
      approved,
      tokens,
    ]);
    await signIn();
    expect(slept).toEqual([10, 10, 15]);
  });

  it("survives a network that is away for a while", async () => {
    const { signIn } = await arrange([
      { body: started },
      { hangUp: true },
      { status: 502, body: "bad gateway" },
      { hangUp: true },
      pending,
      { hangUp: true },
      { hangUp: true },
      { hangUp: true },
      approved,
      tokens,
    ]);
    expect((await signIn()).accountId).toBe("account-1");
  });

  it("gives up on a network that stays away", async () => {
    const { signIn, requests } = await arrange([
      { body: started },
      ...Array.from({ length: 9 }, () => ({ hangUp: true })),
    ]);
    await expect(signIn()).rejects.toMatchObject({ code: "upstream_unreachable" });
    expect(requests).toHaveLength(7);
  });

  it("says that it is not enabled, and what to do instead", async () => {
    const { signIn } = await arrange([{ status: 404, body: {} }]);
    await expect(signIn()).rejects.toMatchObject({
      code: "login_failed",
      message: expect.stringContaining("not enabled"),
      details: { hint: "airelays login --browser", upstream: { status: 404 } },
    });
  });

  it.each([
    [
      "another status at the start",
      [{ status: 500, body: { error: "oops" } }],
      /answered 500 `oops`/,
    ],
    ["a start without a code", [{ body: { device_auth_id: "d" } }], /without a code/],
    [
      "another status while polling",
      [{ body: started }, { status: 429, body: "no" }],
      /answered 429/,
    ],
    [
      "a refusal on the consent page",
      [{ body: started }, { status: 403, body: { error: "access_denied" } }],
      /declined on the consent page \(`access_denied`\)/,
    ],
    [
      "a code that the server calls expired",
      [{ body: started }, { status: 400, body: { error: { code: "expired_token" } } }],
      /not confirmed within 15 minutes/,
    ],
    [
      "a challenge page, which is no `not yet`",
      [
        { body: started },
        { status: 403, headers: { "content-type": "text/html" }, body: "<html>" },
      ],
      /Cloudflare/,
    ],
    [
      "an approval without a code",
      [{ body: started }, { body: {} }],
      /without an authorization code/,
    ],
    [
      "a refused exchange",
      [{ body: started }, approved, { status: 400, body: { error: "invalid_grant" } }],
      /answered 400 `invalid_grant`/,
    ],
  ] as const)("reports %s", async (_, replies, message) => {
    const { signIn } = await arrange(replies);
    await expect(signIn()).rejects.toMatchObject({
      code: "login_failed",
      message: expect.stringMatching(message),
    });
  });

  it("ends after the configured time, and says how long that was", async () => {
    const { signIn, clock } = await arrange(
      [{ body: started }, ...Array.from({ length: 30 }, () => pending)],
      { timeoutSeconds: 90 },
    );
    await expect(signIn()).rejects.toMatchObject({
      code: "login_failed",
      message: "The sign-in was not confirmed within 1.5 minutes. Run: airelays login --device",
    });
    expect(clock.now()).toBe(start + 90_000);
  });

  it("refuses another workspace than the required one", async () => {
    const { signIn } = await arrange([{ body: started }, approved, tokens], {
      workspaceId: "other",
    });
    await expect(signIn()).rejects.toMatchObject({
      code: "login_failed",
      message: expect.stringContaining("`other` is required"),
    });
  });

  it("is cancelled while it waits, and before it starts", async () => {
    const controller = new AbortController();
    const { signIn } = await arrange([{ body: started }, pending], {
      onWaiting: () => controller.abort(),
    });
    const cancelled = { code: "cancelled", exitCode: 2 };
    await expect(signIn(controller.signal)).rejects.toMatchObject(cancelled);
    await expect(signIn(AbortSignal.abort())).rejects.toMatchObject(cancelled);
  });

  it("T49 strips what a terminal would obey from the code", async () => {
    const { signIn, prompts } = await arrange([
      { body: { ...started, user_code: "AB\u001b]0;x\u0007CD" } },
      approved,
      tokens,
    ]);
    await signIn();
    expect(prompts.map((prompt) => prompt.userCode)).toEqual(["AB ]0;x CD"]);
  });
});

function decode(body: string, contentType: string | undefined): unknown {
  return contentType === "application/json"
    ? JSON.parse(body)
    : Object.fromEntries(new URLSearchParams(body));
}
