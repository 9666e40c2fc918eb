/** The servers that the relay calls, and single steps towards one of them, each bounded in time. */
import dns, { type LookupAddress } from "node:dns";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import type { PeerCertificate } from "node:tls";
import { connect as connectTls } from "node:tls";
import type { Config } from "../../config/schema.ts";
import type { Runtime } from "../../runtime.ts";
import { type ProxyServer, proxyFor } from "../../upstreams/proxy.ts";
import { openTunnel } from "../../upstreams/tunnel.ts";

export interface Server {
  readonly isUpstream: boolean;
  /** An address that answers without a login. */
  readonly url: string;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** The setting that names the server. */
  readonly setting: string;
}

export function serversOf({ upstream }: Config): readonly Server[] {
  const version = encodeURIComponent(upstream.clientVersion);
  const answering = toServer(
    `${upstream.baseUrl}/models?client_version=${version}`,
    "upstream.base_url",
  );
  const signingIn = toServer(
    `${upstream.issuerBaseUrl}/.well-known/openid-configuration`,
    "upstream.issuer_base_url",
  );
  const isOne = answering.host === signingIn.host && answering.port === signingIn.port;
  return isOne ? [answering] : [answering, signingIn];
}

function toServer(address: string, setting: string): Server {
  const url = new URL(address);
  const isSecure = url.protocol === "https:";
  return {
    isUpstream: setting === "upstream.base_url",
    url: address,
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (isSecure ? 443 : 80) : Number(url.port),
    isSecure,
    setting,
  };
}

/** Throws `config_invalid` when the environment names a proxy that cannot be used. */
export function proxyOf({ url }: Server, { env }: Runtime): ProxyServer | undefined {
  return proxyFor(url, env);
}

/** The addresses of a name, as the system gives them to every program. */
export async function resolveName(host: string, timeoutMs: number): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  // The call that every socket makes, so that hosts file and DNS filter count as they do there.
  const found = new Promise<readonly LookupAddress[]>((resolve, reject) => {
    dns.lookup(host, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses);
      else reject(error);
    });
  });
  return (await orTimeout(found, timeoutMs)).map(({ address }) => address);
}

/** A connection to the server, or to it through the proxy. The caller ends it. */
export async function openConnection(
  { host, port }: Server,
  proxy: ProxyServer | undefined,
  timeoutMs: number,
): Promise<Socket> {
  if (proxy !== undefined) return openTunnel(proxy, { host, port }, timeoutMs);
  const socket = connectTcp({ host, port });
  return until(socket, "connect", timeoutMs);
}

/** The certificate that the server shows, after it was found to be good. */
export async function openTls(
  server: Server,
  proxy: ProxyServer | undefined,
  timeoutMs: number,
): Promise<PeerCertificate> {
  const socket = await openConnection(server, proxy, timeoutMs);
  const secured = connectTls({
    socket,
    host: server.host,
    ...(isIP(server.host) === 0 ? { servername: server.host } : {}),
    ALPNProtocols: ["http/1.1"],
    // Said, because `NODE_TLS_REJECT_UNAUTHORIZED` may have changed what goes without saying.
    rejectUnauthorized: true,
  });
  try {
    await until(secured, "secureConnect", timeoutMs);
    return secured.getPeerCertificate();
  } finally {
    secured.destroy();
    socket.destroy();
  }
}

async function until<S extends Socket>(socket: S, event: string, timeoutMs: number): Promise<S> {
  const ready = new Promise<S>((resolve, reject) => {
    socket.once(event, () => resolve(socket));
    // Stays: a broken connection that nobody waits for must not end the program.
    socket.on("error", reject);
    socket.once("close", () => reject(coded("ECONNRESET", "The connection was closed.")));
  });
  try {
    return await orTimeout(ready, timeoutMs);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function orTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(coded("ETIMEDOUT", "It took too long.")), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
