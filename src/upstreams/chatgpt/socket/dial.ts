/**
 * The connection that a WebSocket begins on: TCP, through the proxy where there is one, and TLS with
 * the server itself. Within the time that a connection may take; knows nothing of what is said on it.
 */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ProxyServer } from "../../proxy.ts";
import { openTunnel } from "../../tunnel.ts";

export interface DialOptions {
  readonly url: URL;
  readonly proxy: ProxyServer | undefined;
  readonly timeoutMs: number;
}

/** Rejects with what failed, in Node's words; the caller ends a socket that it no longer wants. */
export async function dial({ url, proxy, timeoutMs }: DialOptions): Promise<Socket> {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const isSecure = url.protocol === "https:";
  const port = url.port === "" ? (isSecure ? 443 : 80) : Number(url.port);
  const plain =
    proxy === undefined
      ? await ready(connectTcp({ host, port }), "connect", timeoutMs)
      : await openTunnel(proxy, { host, port }, timeoutMs);
  plain.setNoDelay(true);
  if (!isSecure) return plain;
  const secured = connectTls({
    socket: plain,
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    // A WebSocket begins as HTTP/1.1.
    ALPNProtocols: ["http/1.1"],
  });
  try {
    return await ready(secured, "secureConnect", timeoutMs);
  } catch (error) {
    plain.destroy();
    throw error;
  }
}

function ready(
  socket: Socket,
  event: "connect" | "secureConnect",
  timeoutMs: number,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(coded("ETIMEDOUT")), timeoutMs);
    // Stays: an error that nobody waits for must not end the process.
    socket.on("error", fail);
    const cut = (): void => fail(coded("ECONNRESET"));
    socket.once("close", cut);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off("close", cut);
      resolve(socket);
    });
  });
}

/** A failure by the code that Node would give it. */
export function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}
