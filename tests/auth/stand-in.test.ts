/** The parts of `src/auth/` together, against the stand-in login server, over HTTP only. */
import { describe, expect, it, onTestFinished } from "vitest";
import { createBrowserLogin } from "../../src/auth/browser-login.ts";
import { createDeviceLogin } from "../../src/auth/device-login.ts";
import { createFileStore } from "../../src/auth/file-store.ts";
import { createIssuerHttp } from "../../src/auth/issuer-http.ts";
import type { Sleep } from "../../src/auth/login-method.ts";
import { createOAuth } from "../../src/auth/oauth.ts";
import { createRefreshLock } from "../../src/auth/refresh-lock.ts";
import { createSession } from "../../src/auth/session.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";
import { createManualClock } from "./manual-clock.ts";
import { createMemoryFailures } from "./memory-failures.ts";

const userAgent = "airelays/0.1.0";

async function arrange() {
  // openid-client judges the id token by the time of the process.
  const clock = createManualClock(Date.now());
  const simulator = await startSimulator({ clock });
  onTestFinished(() => simulator.close());
  const oauth = createOAuth({
    issuer: simulator.issuerBaseUrl,
    clientId: "app_EMoamEEZ73f0CkXaXp7hrann",
    originator: "airelays",
    userAgent,
    fetch,
  });
  const dataDir = await makeTempFolder();
  const onNotice = expect.unreachable;
  const session = createSession({
    store: createFileStore({ dataDir, platform: process.platform, onNotice }),
    refreshGrant: (refreshToken) => oauth.refresh(refreshToken),
    lock: createRefreshLock({ dataDir, clock, sleep: async (ms) => clock.advance(ms / 1000) }),
    clock,
    failures: createMemoryFailures(clock),
    onNotice,
  });
  const sendJson = (path: string, body: unknown) =>
    fetch(`${simulator.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const approve = (userCode: string) =>
    fetch(`${simulator.url}/codex/device`, {
      method: "POST",
      body: new URLSearchParams({ user_code: userCode }),
    });
  /** Types the code at the second poll, as a person does. */
  const signInByDevice = async () => {
    let userCode = "";
    const method = createDeviceLogin({
      oauth,
      http: createIssuerHttp({ fetch, userAgent }),
      clock,
      onPrompt: (prompt) => {
        userCode = prompt.userCode;
      },
      async sleep(ms) {
        clock.advance(ms / 1000);
        await approve(userCode);
      },
    });
    await session.replace(await method.signIn(new AbortController().signal));
  };
  return { clock, oauth, session, sendJson, signInByDevice };
}

const ready = { ready_for_requests: true, email: "demo@airelays.invalid", plan_type: "pro" };

describe("against the stand-in login server", () => {
  it("the device sign-in ends with a session that is ready", async () => {
    const { session, signInByDevice } = await arrange();
    await signInByDevice();
    expect(await session.status()).toMatchObject(ready);
  });

  it("the browser sign-in ends with a session that is ready", async () => {
    const { oauth, session, clock } = await arrange();
    const until: Sleep = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    let visit: Promise<Response> | undefined;
    const method = createBrowserLogin({
      oauth,
      clock,
      sleep: until,
      ports: [0],
      // A browser that follows every redirect: consent, callback, page.
      onUrl: (url) => {
        visit = fetch(url);
      },
    });
    await session.replace(await method.signIn(new AbortController().signal));
    expect(await (await visit)?.text()).toContain("You are signed in as demo@airelays.invalid");
    expect(await session.status()).toMatchObject(ready);
  });

  it("the session refreshes when its time comes, not before, and every token once", async () => {
    const { session, clock, signInByDevice } = await arrange();
    await signInByDevice();
    const first = await session.current();
    clock.advance(863_000);
    expect(await session.current()).toEqual(first);
    clock.advance(800);
    const second = await session.current();
    expect(second.accessToken).not.toBe(first.accessToken);
    clock.advance(863_800);
    const third = await session.current();
    expect(third.refreshToken).not.toBe(second.refreshToken);
  });

  it("a session that the server ended asks for a sign-in, and a new one works", async () => {
    const { session, sendJson, signInByDevice } = await arrange();
    await signInByDevice();
    const refused = await session.current();
    await sendJson("/simulator/faults", { refresh: "invalidated" });
    await expect(session.refresh(refused)).rejects.toMatchObject({
      code: "upstream_auth_refresh_failed",
      message:
        "The ChatGPT sign-in can no longer be renewed. The login server answered 401 `refresh_token_invalidated`: Your session has ended. Please log in again. Run: airelays login",
      details: { upstream: { status: 401, code: "refresh_token_invalidated" } },
    });
    await signInByDevice();
    expect((await session.refresh(refused)).accessToken).not.toBe(refused.accessToken);
  });

  it("a sign-out ends the login at the server too", async () => {
    const { oauth, session, signInByDevice } = await arrange();
    await signInByDevice();
    const { last } = await session.remove();
    await oauth.revoke(last?.refreshToken ?? "");
    await expect(oauth.refresh(last?.refreshToken ?? "")).rejects.toMatchObject({
      code: "upstream_auth_refresh_failed",
    });
  });

  it("a denied device sign-in says so", async () => {
    const { sendJson, signInByDevice } = await arrange();
    await sendJson("/simulator/faults", { device: "deny" });
    await expect(signInByDevice()).rejects.toMatchObject({
      code: "login_failed",
      message: expect.stringContaining("declined"),
    });
  });
});
