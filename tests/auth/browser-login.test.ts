import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { type BrowserLoginOptions, createBrowserLogin } from "../../src/auth/browser-login.ts";
import { isPortTaken } from "../../src/auth/callback-server.ts";
import type { Sleep } from "../../src/auth/login-method.ts";
import { createOAuth } from "../../src/auth/oauth.ts";
import { type IssuerReply, startFakeIssuer } from "./fake-issuer.ts";
import { createManualClock } from "./manual-clock.ts";
import { accessToken, clientId, idToken, issuer as issuerName, login } from "./tokens.ts";

const tokens: IssuerReply = {
  body: { access_token: accessToken("first"), refresh_token: "refresh-1", id_token: idToken() },
};

/** Time that stands still: only the signal ends a wait. */
const standStill: Sleep = (_, signal) =>
  new Promise((_resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  });

async function arrange(replies: readonly IssuerReply[], more: Partial<BrowserLoginOptions> = {}) {
  const issuer = await startFakeIssuer(replies);
  const person = new AbortController();
  let show: (url: string) => void;
  const shown = new Promise<string>((resolve) => {
    show = resolve;
  });
  const method = createBrowserLogin({
    oauth: createOAuth({
      issuer: issuerName,
      clientId,
      originator: "airelays",
      userAgent: "airelays/0.1.0",
      fetch: issuer.fetch,
    }),
    clock: createManualClock(),
    sleep: standStill,
    onUrl: (url) => show(url),
    ports: [0],
    ...more,
  });
  const outcome = method.signIn(person.signal).catch((error: unknown) => error);
  const started = async () => {
    const query = new URL(await shown).searchParams;
    const redirectUri = query.get("redirect_uri") ?? "";
    const state = query.get("state") ?? "";
    const visit = (fields: Readonly<Record<string, string>> | string, init?: RequestInit) =>
      fetch(`${redirectUri}?${new URLSearchParams(fields)}`, { redirect: "manual", ...init });
    return { redirectUri, state, visit };
  };
  return { ...issuer, outcome, person, started };
}

describe("browser sign-in", () => {
  it("exchanges the code with the address and the proof of its own authorization", async () => {
    const { outcome, started, requests } = await arrange([tokens]);
    const { redirectUri, state, visit } = await started();
    expect(redirectUri).toMatch(/^http:\/\/localhost:\d+\/auth\/callback$/);
    const answer = await visit({ code: "ac_1", state });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/auth/result"]);
    const page = await fetch(new URL("/auth/result", redirectUri));
    const html = await page.text();
    expect([page.status, page.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(html).toContain("You are signed in as someone@example.com");
    expect(html).not.toMatch(/ac_1|refresh-1|eyJ/);
    expect(await outcome).toEqual(login());
    const form = new URLSearchParams(requests[0]?.body);
    expect([form.get("code"), form.get("redirect_uri")]).toEqual(["ac_1", redirectUri]);
    expect(form.get("code_verifier")).toMatch(/^[\w-]{43,}$/);
  });

  it("T39 frees its port when it is done, on both loopback addresses", async () => {
    const { outcome, started } = await arrange([tokens]);
    const { redirectUri, state, visit } = await started();
    await visit({ code: "ac_1", state });
    await fetch(new URL("/auth/result", redirectUri));
    await outcome;
    await expect(fetch(redirectUri)).rejects.toThrow();
    await expect(fetch(redirectUri.replace("localhost", "127.0.0.1"))).rejects.toThrow();
  });

  it("T37 goes on waiting after a state that is wrong, missing or doubled, and exchanges nothing", async () => {
    const { outcome, started, requests } = await arrange([tokens]);
    const { redirectUri, state, visit } = await started();
    const strays = [
      await visit({ code: "ac_evil", state: "x".repeat(43) }),
      await visit({ code: "ac_evil" }),
      await visit({ code: "ac_evil", state: "" }),
      await visit(`code=ac_evil&state=${state}&state=${state}`),
      await visit({ error: "access_denied" }),
    ];
    expect(strays.map((stray) => stray.status)).toEqual([400, 400, 400, 400, 400]);
    expect(requests).toEqual([]);
    await visit({ code: "ac_1", state });
    await fetch(new URL("/auth/result", redirectUri));
    expect(await outcome).toEqual(login());
  });

  it("T37 takes a state once", async () => {
    const { outcome, started, requests } = await arrange([tokens]);
    const { redirectUri, state, visit } = await started();
    await visit({ code: "ac_1", state });
    expect((await visit({ code: "ac_2", state })).status).toBe(400);
    await fetch(new URL("/auth/result", redirectUri));
    await outcome;
    expect(requests).toHaveLength(1);
  });

  it("answers other paths and methods without ending", async () => {
    const { outcome, started, person } = await arrange([]);
    const { redirectUri, state, visit } = await started();
    const statuses = [
      await fetch(new URL("/favicon.ico", redirectUri)),
      await fetch(new URL("/auth/result", redirectUri)),
      await visit({ code: "ac_1", state }, { method: "POST" }),
    ].map((response) => response.status);
    expect(statuses).toEqual([404, 404, 405]);
    person.abort();
    expect(await outcome).toMatchObject({ code: "cancelled" });
  });

  it.each([
    [
      { error: "access_denied", error_description: "<script>alert(1)</script>" },
      "The login server refused with `access_denied`: <script>alert(1)</script>. Run: airelays login",
    ],
    [
      { error: "access_denied", error_description: "You said no." },
      "The login server refused with `access_denied`: You said no. Run: airelays login",
    ],
    [
      { error: "access_denied", error_description: "missing_codex_entitlement" },
      "This workspace has no access to Codex. Ask its administrator, or choose another. Run: airelays login",
    ],
    [{ code: "" }, "The login server sent the browser back without a code. Run: airelays login"],
  ])("T38 reports %j on the page and in the terminal", async (fields, message) => {
    const { outcome, started, requests } = await arrange([]);
    const { redirectUri, state, visit } = await started();
    await visit({ ...fields, state });
    const html = await (await fetch(new URL("/auth/result", redirectUri))).text();
    expect(html).toContain("Sign-in failed");
    expect(html).toContain("<p>Go back to the terminal. ");
    expect(html).not.toContain("<script");
    expect(await outcome).toMatchObject({ code: "login_failed", message });
    expect(requests).toEqual([]);
  });

  it("reports a refused exchange on the page and in the terminal", async () => {
    const { outcome, started } = await arrange([{ status: 400, body: { error: "invalid_grant" } }]);
    const { redirectUri, state, visit } = await started();
    await visit({ code: "ac_1", state });
    const html = await (await fetch(new URL("/auth/result", redirectUri))).text();
    expect(html).toContain("answered 400 `invalid_grant`");
    expect(await outcome).toMatchObject({
      code: "login_failed",
      details: { upstream: { status: 400, code: "invalid_grant" } },
    });
  });

  it("refuses another workspace than the required one", async () => {
    const { outcome, started } = await arrange([tokens], { workspaceId: "other" });
    const { redirectUri, state, visit } = await started();
    await visit({ code: "ac_1", state });
    await fetch(new URL("/auth/result", redirectUri));
    expect(await outcome).toMatchObject({
      message: expect.stringContaining("`other` is required"),
    });
  });

  it("does not wait for ever for the browser to fetch the page", async () => {
    const sleep: Sleep = (ms, signal) => (ms === 2000 ? Promise.resolve() : standStill(ms, signal));
    const { outcome, started } = await arrange([tokens], { sleep });
    const { state, visit } = await started();
    await visit({ code: "ac_1", state });
    expect(await outcome).toEqual(login());
  });

  it("T39 ends after the configured time and frees its port", async () => {
    const { outcome, started } = await arrange([], { sleep: async () => {}, timeoutSeconds: 90 });
    const { redirectUri } = await started();
    expect(await outcome).toMatchObject({
      code: "login_failed",
      message: "The browser did not come back within 1.5 minutes. Run: airelays login",
    });
    await expect(fetch(redirectUri)).rejects.toThrow();
  });

  it("is cancelled by the person and frees its port", async () => {
    const { outcome, started, person } = await arrange([]);
    const { redirectUri } = await started();
    person.abort();
    expect(await outcome).toMatchObject({ code: "cancelled", exitCode: 2 });
    await expect(fetch(redirectUri)).rejects.toThrow();
  });

  it("is not kept open by a connection on which the browser sends nothing", async () => {
    const { outcome, started, person } = await arrange([]);
    const { port } = new URL((await started()).redirectUri);
    const socket = connect(Number(port), "127.0.0.1");
    const closed = once(socket, "close");
    await once(socket, "connect");
    person.abort();
    expect(await outcome).toMatchObject({ code: "cancelled" });
    await closed;
  });

  it("takes the second port when the first is busy", async () => {
    const busy = await occupyPort("127.0.0.1");
    const { outcome, started, person } = await arrange([], { ports: [busy, 0] });
    expect(new URL((await started()).redirectUri).port).not.toBe(String(busy));
    person.abort();
    await outcome;
  });

  it("names the cause when every port is busy, for the caller to go on with the device code", async () => {
    const ports = [await occupyPort("127.0.0.1"), await occupyPort("127.0.0.1")];
    const { outcome } = await arrange([], { ports });
    const error = await outcome;
    expect(error).toMatchObject({
      code: "login_failed",
      message: `The sign-in cannot wait for the browser: port ${ports[0]} is in use and port ${ports[1]} is in use.`,
      details: { hint: "airelays login --device" },
    });
    expect(isPortTaken(error)).toBe(true);
  });

  it.each([
    ["whole", (uri: string, query: string) => `${uri}?${query}`],
    ["in quotes, with a space", (uri: string, query: string) => ` "${uri}?${query}" `],
    ["from its question mark on", (_: string, query: string) => `?${query}`],
    ["without it", (_: string, query: string) => query],
  ])("takes the address that a browser elsewhere ended on, pasted %s", async (_, format) => {
    const { outcome, type, started, strays } = await arrangeTyped();
    const { redirectUri, state } = await started();
    type("");
    type("hello");
    type(`${redirectUri}?code=ac_evil&state=${"x".repeat(43)}`);
    type(format(redirectUri, new URLSearchParams({ code: "ac_1", state }).toString()));
    expect(await outcome).toEqual(login());
    expect(strays.count).toBe(2);
    await expect(fetch(redirectUri)).rejects.toThrow();
  });

  it("still waits for the browser when the terminal is gone", async () => {
    const { outcome, started, end } = await arrangeTyped();
    const { redirectUri, state, visit } = await started();
    end();
    await visit({ code: "ac_1", state });
    await fetch(new URL("/auth/result", redirectUri));
    expect(await outcome).toEqual(login());
  });
});

/** A sign-in with a person who can type at its terminal. */
async function arrangeTyped() {
  const lines = new PassThrough();
  const strays = { count: 0 };
  const arranged = await arrange([tokens], {
    pasted: () => createInterface({ input: lines }),
    onNotExpected: () => {
      strays.count += 1;
    },
  });
  const type = (line: string) => lines.write(`${line}\n`);
  return { ...arranged, strays, type, end: () => lines.end() };
}

async function occupyPort(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
