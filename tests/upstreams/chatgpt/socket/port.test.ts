/** Handshakes with real servers on loopback: where the login goes, and what is said when there is none. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { connect, HandshakeRefused } from "../../../../src/upstreams/chatgpt/socket/port.ts";
import { type ProxyServer, proxyFor } from "../../../../src/upstreams/proxy.ts";
import { createCertificate } from "../../../helpers/certificate.ts";
import { startConnectProxy, startServer } from "../../../helpers/connect-proxy.ts";

const headers = { authorization: "Bearer login" };

/** Tries the handshake; what it failed with. */
async function fault(
  address: string,
  options: { proxy?: ProxyServer | undefined; timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<unknown> {
  const signal = options.signal ?? new AbortController().signal;
  const { proxy, timeoutMs = 5_000 } = options;
  try {
    await connect({ url: new URL(address), headers, proxy, timeoutMs, signal }, (port) => {
      port.terminate();
      return { onText: () => undefined, onPong: () => undefined, onClosed: () => undefined };
    });
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("a handshake", () => {
  it("T22 follows no redirect, so that the login goes to the configured host only", async () => {
    let isReached = false;
    const other = await startServer((_request, response) => {
      isReached = true;
      response.end();
    });
    const port = await startServer((_request, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${other}/` }).end("Moved");
    });
    const error = await fault(`http://127.0.0.1:${port}`);
    expect(error).toBeInstanceOf(HandshakeRefused);
    expect(error).toMatchObject({ status: 307, body: "Moved" });
    expect(isReached).toBe(false);
  });

  it("shows neither the login nor the proxy's password to the other one", async () => {
    const seen: unknown[] = [];
    const port = await startServer((request, response) => {
      seen.push(request.headers["authorization"], request.headers["proxy-authorization"]);
      response.writeHead(426, { "x-request-id": "r1" }).end();
    });
    const { address, asked, authorizations } = await startConnectProxy({
      ports: { "upstream.test": port },
    });
    const url = "http://upstream.test/responses";
    const proxy = proxyFor(url, { HTTP_PROXY: `http://me:secret@${address}` });
    const error = await fault(url, { proxy });
    expect(error).toMatchObject({ status: 426 });
    expect(error instanceof HandshakeRefused && error.header("x-request-id")).toBe("r1");
    expect([asked, seen]).toEqual([["upstream.test:80"], ["Bearer login", undefined]]);
    expect(authorizations).toEqual([`Basic ${Buffer.from("me:secret").toString("base64")}`]);
  });

  it("is not made with a server whose certificate nobody vouches for", async () => {
    let isReached = false;
    const server = createServer(createCertificate(["127.0.0.1"]), () => {
      isReached = true;
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await fault(`https://127.0.0.1:${port}`)).toMatchObject({
      code: "DEPTH_ZERO_SELF_SIGNED_CERT",
    });
    expect(isReached).toBe(false);
  });

  it("fails where nobody listens, where nobody answers, and where the wait was given up", async () => {
    const port = await startServer(() => undefined);
    const at = `http://127.0.0.1:${port}`;
    expect(await fault("http://127.0.0.1:1")).toMatchObject({ code: "ECONNREFUSED" });
    expect(await fault(at, { timeoutMs: 20 })).toMatchObject({ code: "ETIMEDOUT" });
    const leaving = new AbortController();
    const waiting = fault(at, { signal: leaving.signal });
    leaving.abort(new Error("left"));
    expect(await waiting).toMatchObject({ message: "left" });
  });
});
