/**
 * Binds the port through listhen with every convenience switched off: left to itself it listens on
 * all interfaces in containers, reads HOST, PORT and `--host` on its own, moves to another port when
 * this one is taken, and ends the process on Ctrl-C (dependencies.md 3).
 */
import type { RequestListener, Server } from "node:http";
import { createServer, type Socket } from "node:net";
import { RelayError, reasonOf } from "../errors.ts";
import { answerBadRequests } from "./bad-request.ts";
import { limitPatience, type Patience, usualPatience } from "./patience.ts";
import { tellingMs } from "./running.ts";

// Typed as a pair, taken as a list: with no entries a taken port is an error, not another port.
const noPorts = [] as unknown as [number, number];

export interface Listening {
  /** `http://127.0.0.1:8080`, with brackets around an IPv6 address. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Stops accepting, waits for running answers up to the limit, then cuts what is left. */
  close(drainMs: number): Promise<void>;
}

/** What goes on behind the handler. Connections that have left HTTP keep a server from closing. */
export interface Life {
  attach(server: Server, handler: RequestListener): void;
  /** Takes no more; resolves when everything has ended, or was told that it ends. */
  close(drainMs: number): Promise<void>;
}

interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Other limits for slow clients than the usual ones; for tests. */
  readonly patience?: Partial<Patience>;
}

export async function listen(
  handler: RequestListener,
  { host, port, patience }: ListenOptions,
  life?: Life,
): Promise<Listening> {
  await probePort(host, port);
  const { listen: listhen } = await import("listhen");
  const listener = await listhen(handler, {
    hostname: host,
    port: { port, random: port === 0, portRange: noPorts, alternativePortRange: noPorts },
    public: false,
    showURL: false,
    open: false,
    clipboard: false,
    qr: false,
    tunnel: false,
    autoClose: false,
    isProd: false,
    isTest: false,
  }).catch((error: unknown) => {
    throw cannotListen(host, port, error);
  });
  const server = listener.server as Server;
  const address = server.address();
  if (typeof address !== "object" || address === null || (port !== 0 && address.port !== port)) {
    server.close();
    throw cannotListen(host, port, new Error("another port was bound"));
  }
  limitPatience(server, { ...usualPatience, ...patience });
  // Node would refuse a request without a Host by itself, with nothing but a status.
  Object.assign(server, { requireHostHeader: false });
  answerBadRequests(server);
  life?.attach(server, handler);
  const sockets = followSockets(server);
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    host: address.address,
    port: address.port,
    async close(drainMs) {
      // First of all: a request that comes from now on is told to go.
      const ended = life?.close(drainMs);
      await Promise.all([closeServer(server, sockets, drainMs + (life ? tellingMs : 0)), ended]);
    },
  };
}

function followSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return sockets;
}

function closeServer(server: Server, sockets: ReadonlySet<Socket>, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), drainMs);
    // Node closes what is idle once; a client keeps its connection after the answer it waits for.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(sweep);
      resolve();
    });
    server.closeIdleConnections();
    // Browsers open connections that they may need later; to Node these are at their first request.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  });
}

/**
 * Binds the port for a moment, and rejects with `port_in_use` and Node's error as its cause:
 * listhen's own check does not say why a port cannot be had.
 */
export function probePort(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error) => reject(cannotListen(host, port, error)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

function cannotListen(host: string, port: number, cause: unknown): RelayError {
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return new RelayError(
        "port_in_use",
        `Port ${port} on ${host} is in use. Another relay may be running: airelays status`,
        {
          hint: "Choose another port with --port, or stop the program that holds this one.",
          cause,
        },
      );
    case "EACCES":
      return new RelayError("port_in_use", `The system does not allow port ${port} on ${host}.`, {
        hint: "Choose a port above 1023 with --port.",
        cause,
      });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new RelayError("port_in_use", `\`${host}\` is not an address of this machine.`, {
        hint: "Choose one with --host; the default is 127.0.0.1.",
        cause,
      });
    default:
      return new RelayError(
        "port_in_use",
        `Cannot listen on ${host}, port ${port}: ${reasonOf(cause)}`,
        { hint: "Choose another address with --host or another port with --port.", cause },
      );
  }
}
