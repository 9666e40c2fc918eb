/** Calls through a real proxy on loopback: what goes over it, and what is said when it fails. */
import { describe, expect, it, onTestFinished } from "vitest";
import { createHttpClient, createProxiedFetch } from "../../src/upstreams/http.ts";
import { type ProxyServer, proxyFor } from "../../src/upstreams/proxy.ts";
import {
  type ConnectProxyOptions,
  startConnectProxy,
  startServer,
} from "../helpers/connect-proxy.ts";

const limits = { connectTimeoutMs: 5_000, silenceTimeoutMs: 5_000 };
const url = "http://upstream.test/models";
const get = { method: "GET", url, headers: {}, signal: new AbortController().signal } as const;

async function proxyAt(address: string): Promise<ProxyServer> {
  const proxy = proxyFor(url, { HTTP_PROXY: address });
  if (proxy === undefined) throw new Error("no proxy");
  return proxy;
}

async function client(proxy: ProxyServer, connectTimeoutMs = limits.connectTimeoutMs) {
  const http = await createHttpClient({ ...limits, connectTimeoutMs }, proxy);
  onTestFinished(() => http.close());
  return http;
}

/** A proxy that leads to a server which answers "here". */
async function startPair(options: Partial<ConnectProxyOptions> = {}) {
  const port = await startServer((request, response) => response.end(`here ${request.url}`));
  return startConnectProxy({ ports: { "upstream.test": port }, ...options });
}

describe("a client with a proxy", () => {
  it("reaches a server whose name only the proxy knows, and keeps the connection", async () => {
    const proxy = await startPair();
    const http = await client(await proxyAt(proxy.address));
    const texts = [];
    for (let i = 0; i < 3; i += 1) texts.push(await (await http.send(get)).wholeText(100));
    expect(texts).toEqual(["here /models", "here /models", "here /models"]);
    // The next request may begin a moment before the last connection is free again.
    expect(proxy.asked.length).toBeLessThanOrEqual(2);
    expect(proxy.asked[0]).toBe("upstream.test:80");
    expect(proxy.authorizations[0]).toBeUndefined();
  });

  it("tells the proxy, and nobody else, its user name and password", async () => {
    let seen: unknown;
    const port = await startServer((request, response) => {
      seen = request.headers["proxy-authorization"];
      response.end();
    });
    const proxy = await startConnectProxy({ ports: { "upstream.test": port } });
    const http = await client(await proxyAt(`http://me:secret@${proxy.address}`));
    await http.send(get);
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from("me:secret").toString("base64")}`]);
    expect(seen).toBeUndefined();
  });

  it.each([
    [407, "wants another user name and password (407)"],
    [403, "refused the connection (403)"],
  ])("says that the proxy answered %i, without the password", async (refuseWith, what) => {
    const { address } = await startPair({ refuseWith });
    const http = await client(await proxyAt(`http://me:secret@${address}`));
    const failed = http.send(get);
    await expect(failed).rejects.toMatchObject({
      code: "upstream_unreachable",
      message: `Could not reach \`upstream.test\`: the proxy \`${address}\` (\`HTTP_PROXY\`) ${what}.`,
    });
  });

  it("says that nobody is at the proxy's address", async () => {
    const address = `127.0.0.1:${await closedPort()}`;
    const http = await client(await proxyAt(address));
    await expect(http.send(get)).rejects.toMatchObject({
      message: `Could not reach \`upstream.test\`: the proxy \`${address}\` (\`HTTP_PROXY\`) cannot be reached: the connection was refused.`,
    });
  });

  it("gives up on a proxy that never answers", async () => {
    const { address } = await startPair({ isSilent: true });
    const http = await client(await proxyAt(address), 30);
    await expect(http.send(get)).rejects.toMatchObject({
      message: `Could not reach \`upstream.test\`: the proxy \`${address}\` (\`HTTP_PROXY\`) did not open a connection in time.`,
    });
  });
});

describe("a fetch with a proxy", () => {
  it("posts through it, and follows no redirect when told so", async () => {
    const port = await startServer((request, response) => {
      request.resume();
      response
        .writeHead(302, { location: "http://elsewhere.test/", "x-request-id": "1" })
        .end("no");
    });
    const proxy = await startConnectProxy({ ports: { "upstream.test": port } });
    const fetch = await createProxiedFetch(limits, await proxyAt(proxy.address));
    const answer = await fetch(url, {
      method: "POST",
      redirect: "manual",
      headers: {},
      body: "a=1",
      signal: new AbortController().signal,
    });
    expect([answer.status, answer.headers.get("x-request-id"), await answer.text()]).toEqual([
      302,
      "1",
      "no",
    ]);
    expect(proxy.asked).toEqual(["upstream.test:80"]);
  });
});

async function closedPort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
