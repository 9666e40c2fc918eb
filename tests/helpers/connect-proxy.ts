/**
 * A real HTTP proxy on loopback that knows `CONNECT` only, and the one that resolves names: every
 * name below `.test` is the given port of this machine.
 */
import { createServer, type RequestListener } from "node:http";
import { createServer as createSecure } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { Certificate } from "./certificate.ts";

export interface ConnectProxy {
  /** `127.0.0.1:3128`, without a scheme. */
  readonly address: string;
  /** What was asked for, in order: `upstream.test:443`. */
  readonly asked: readonly string[];
  /** The `proxy-authorization` of each. */
  readonly authorizations: readonly (string | undefined)[];
}

export interface ConnectProxyOptions {
  /** The port of this machine that a name stands for. */
  readonly ports: Readonly<Record<string, number>>;
  /** Answers every `CONNECT` with this status instead. */
  readonly refuseWith?: number;
  /** Speaks TLS itself. */
  readonly secure?: Certificate;
  /** Takes connections and never answers. */
  readonly isSilent?: boolean;
}

export async function startConnectProxy(options: ConnectProxyOptions): Promise<ConnectProxy> {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
  };
  const refuse: RequestListener = (_request, response) => response.writeHead(501).end();
  const server =
    options.secure === undefined ? createServer(refuse) : createSecure(options.secure, refuse);
  server.on("connection", keep);
  server.on("connect", (request, client: Socket) => {
    asked.push(request.url ?? "");
    authorizations.push(request.headers["proxy-authorization"]);
    if (options.isSilent) return;
    const [name = ""] = (request.url ?? "").split(":");
    const port = options.ports[name];
    if (options.refuseWith !== undefined || port === undefined) {
      client.end(`HTTP/1.1 ${options.refuseWith ?? 502} Refused\r\n\r\n`);
      return;
    }
    const server = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      server.pipe(client).pipe(server);
    });
    keep(server);
  });
  const port = await listenOnLoopback(server, sockets);
  return { address: `127.0.0.1:${port}`, asked, authorizations };
}

/** A plain server for the duration of a test; its port. */
export async function startServer(listener: RequestListener): Promise<number> {
  return listenOnLoopback(createServer(listener), new Set());
}

async function listenOnLoopback(
  server: ReturnType<typeof createServer | typeof createSecure>,
  sockets: ReadonlySet<Socket>,
): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  // A server that listens on a port has an address of this kind.
  return (server.address() as AddressInfo).port;
}
