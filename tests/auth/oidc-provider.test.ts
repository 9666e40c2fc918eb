/** Our half of OAuth against a login server that others wrote and certified. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createBrowserLogin } from "../../src/auth/browser-login.ts";
import { credentialsOfRefresh, describeAccount } from "../../src/auth/credentials.ts";
import { createOAuth } from "../../src/auth/oauth.ts";
import { requireUsable } from "../../src/auth/readiness.ts";
import { createManualClock } from "./manual-clock.ts";
import { browse, startStandardIssuer } from "./standard-issuer.ts";
import { clientId } from "./tokens.ts";

async function arrange(options: { decline?: boolean } = {}) {
  const issuer = await startStandardIssuer(options);
  const oauth = createOAuth({
    issuer: issuer.url,
    clientId,
    originator: "airelays",
    userAgent: "airelays/0.1.0",
    fetch: issuer.fetch,
  });
  const clock = createManualClock(Date.now());
  const signIn = () => {
    const ended = new AbortController();
    onTestFinished(() => ended.abort());
    let page: Promise<Response> | undefined;
    const method = createBrowserLogin({
      oauth,
      clock,
      ports: [0],
      sleep: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        }),
      onUrl: (url) => {
        page = browse(url);
      },
    });
    return { outcome: method.signIn(ended.signal), page: () => page };
  };
  return { issuer, oauth, clock, signIn };
}

/** Signs in up to the code, which a listener of the test's own takes. */
async function arrangeCode() {
  const arranged = await arrange();
  let take: (query: URLSearchParams) => void;
  const taken = new Promise<URLSearchParams>((resolve) => {
    take = resolve;
  });
  const server = createServer((request, response) => {
    take(new URL(request.url ?? "/", "http://localhost").searchParams);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const redirectUri = `http://localhost:${port}/auth/callback`;
  const { url, state, codeVerifier } = await arranged.oauth.authorize(redirectUri);
  await browse(url);
  const query = await taken;
  const code = query.get("code") ?? "";
  return { ...arranged, proof: { code, redirectUri, codeVerifier, callback: { query, state } } };
}

beforeAll(() => {
  // It warns at every start that it is set up for a test.
  vi.spyOn(console, "warn").mockReturnValue();
  vi.spyOn(console, "info").mockReturnValue();
});

const refusedAsSpent = {
  code: "upstream_auth_refresh_failed",
  details: { upstream: { status: 400, code: "invalid_grant" } },
};

describe("against oidc-provider", () => {
  it("the browser sign-in ends with a login that can be used", async () => {
    const { signIn, issuer } = await arrange();
    const { outcome, page } = signIn();
    const login = requireUsable(await outcome);
    expect(await (await page())?.text()).toContain("You are signed in as someone@example.com");
    expect({ ...describeAccount(login), bound: login.boundAccountId }).toEqual({
      email: "someone@example.com",
      plan: "plus",
      bound: "account-1",
    });
    expect(issuer.posted).toEqual(["/oauth/token"]);
  });

  it("a person who declines signs nobody in", async () => {
    const { signIn, issuer } = await arrange({ decline: true });
    await expect(signIn().outcome).rejects.toMatchObject({
      code: "login_failed",
      message: expect.stringContaining("refused with `access_denied`: The person said no."),
    });
    expect(issuer.posted).toEqual([]);
  });

  it("a code is exchanged with its own verifier only", async () => {
    const { oauth, proof } = await arrangeCode();
    await expect(
      oauth.exchangeCode({ ...proof, codeVerifier: "v".repeat(43) }),
    ).rejects.toMatchObject({
      code: "login_failed",
      message: expect.stringContaining("400 `invalid_grant`"),
    });
  });

  it("a code is exchanged for the address only that it was asked for", async () => {
    const { oauth, proof } = await arrangeCode();
    const redirectUri = "http://localhost:9/auth/callback";
    await expect(oauth.exchangeCode({ ...proof, redirectUri })).rejects.toMatchObject({
      code: "login_failed",
    });
  });

  it("a code that came back with another state is never sent", async () => {
    const { oauth, proof, issuer } = await arrangeCode();
    const callback = { ...proof.callback, state: "another" };
    await expect(oauth.exchangeCode({ ...proof, callback })).rejects.toMatchObject({
      code: "login_failed",
    });
    expect(issuer.posted).toEqual([]);
  });

  it("a code serves once, and whoever presents it again ends the login", async () => {
    const { oauth, proof } = await arrangeCode();
    const { refreshToken = "" } = await oauth.exchangeCode(proof);
    await expect(oauth.exchangeCode(proof)).rejects.toMatchObject({ code: "login_failed" });
    await expect(oauth.refresh(refreshToken)).rejects.toMatchObject(refusedAsSpent);
  });

  it("a refresh rotates, and a spent token is a final failure", async () => {
    const { oauth, clock, signIn } = await arrange();
    const first = await signIn().outcome;
    const grant = await oauth.refresh(first.refreshToken ?? "");
    const second = requireUsable(credentialsOfRefresh(first, grant, clock.now()));
    expect([
      second.accessToken === first.accessToken,
      second.refreshToken === first.refreshToken,
      second.accountId,
    ]).toEqual([false, false, "account-1"]);
    await expect(oauth.refresh(first.refreshToken ?? "")).rejects.toMatchObject(refusedAsSpent);
    // The server took the second use for theft, and ended the whole login.
    await expect(oauth.refresh(second.refreshToken ?? "")).rejects.toMatchObject(refusedAsSpent);
  });

  it("a sign-out ends the login", async () => {
    const { oauth, proof } = await arrangeCode();
    const { refreshToken = "" } = await oauth.exchangeCode(proof);
    await oauth.revoke(refreshToken);
    await expect(oauth.refresh(refreshToken)).rejects.toMatchObject(refusedAsSpent);
  });
});
