/**
 * Binds the port through listhen with every convenience switched off: left to itself it listens on
 * all interfaces in containers, reads HOST, PORT and `--host` on its own, moves to another port when
 * this one is taken, and ends the process on Ctrl-C (dependencies.md 3).
 */
import { createServer, type RequestListener, type Server } from "node:http";
import type { Socket } from "node:net";
import { connectable, inUrl } from "./addresses.ts";
import { answerBadRequests } from "./bad-request.ts";
import { continueWhenRead } from "./expect-continue.ts";
import { followAnswers, type OwedAnswers } from "./owed-answers.ts";
import { limitPatience, type Patience, usualPatience } from "./patience.ts";
import { bindAddresses, cannotListen, isMissingFamily, probePort } from "./port-probe.ts";
import { tellingMs } from "./running.ts";

// Typed as a pair, taken as a list: with no entries a taken port is an error, not another port.
const noPorts = [] as unknown as [number, number];

export interface Listening {
  /** `http://127.0.0.1:8080`, with brackets around an IPv6 address. */
  readonly url: string;
  /** The addresses that were bound, all at the same port. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Stops accepting, waits for running answers up to the limit, then cuts what is left. */
  close(drainMs: number): Promise<void>;
}

/** What goes on behind the handler. Connections that have left HTTP keep a server from closing. */
export interface Life {
  attach(server: Server, handler: RequestListener, owedOn: OwedAnswers): void;
  /** Takes no more; resolves when everything has ended, or was told that it ends. */
  close(drainMs: number): Promise<void>;
}

interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Other limits for slow clients than the usual ones; for tests. */
  readonly patience?: Partial<Patience>;
}

interface Bound {
  readonly address: string;
  readonly port: number;
  readonly server: Server;
}

/** Of a free port of one family, the other family's may be taken; then another one is tried. */
const freePortTries = 10;

export async function listen(
  handler: RequestListener,
  { host, port, patience }: ListenOptions,
  life?: Life,
): Promise<Listening> {
  await probePort(host, port);
  const bound = await bindAll(handler, host, port, port === 0 ? freePortTries : 1);
  const terms = { life, patience: { ...usualPatience, ...patience } };
  const prepared = bound.map(({ server }) => prepare(server, handler, terms));
  const [first] = bound;
  return {
    url: `http://${inUrl(connectable(host))}:${first.port}`,
    addresses: bound.map(({ address }) => address),
    port: first.port,
    async close(drainMs) {
      // First of all: a request that comes from now on is told to go.
      const ended = life?.close(drainMs);
      const cutMs = drainMs + (life ? tellingMs : 0);
      await Promise.all([...prepared.map((each) => closeServer(each, cutMs)), ended]);
    },
  };
}

/** The first address through listhen, a further one at the port that the first one has got. */
async function bindAll(
  handler: RequestListener,
  host: string,
  port: number,
  tries: number,
): Promise<readonly [Bound, ...Bound[]]> {
  const [address, ...others] = bindAddresses(host);
  const first = await bindFirst(handler, address, port);
  const bound: [Bound, ...Bound[]] = [first];
  for (const other of others) {
    try {
      bound.push(await bindFurther(handler, other, first.port));
    } catch (error) {
      // A machine without IPv6 has one loopback address.
      if (isMissingFamily(error)) continue;
      for (const { server } of bound) server.close();
      if (tries > 1) return bindAll(handler, host, port, tries - 1);
      throw cannotListen(other, first.port, error);
    }
  }
  return bound;
}

async function bindFirst(handler: RequestListener, host: string, port: number): Promise<Bound> {
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
  return { address: address.address, port: address.port, server };
}

/** Plainly: listhen would load its colours and questions again for nothing. */
function bindFurther(handler: RequestListener, address: string, port: number): Promise<Bound> {
  return new Promise((resolve, reject) => {
    const server = createServer(handler);
    server.once("error", reject);
    server.listen({ host: address, port, exclusive: true, ipv6Only: true }, () => {
      server.off("error", reject);
      resolve({ address, port, server });
    });
  });
}

interface Prepared {
  readonly server: Server;
  readonly sockets: ReadonlySet<Socket>;
}

function prepare(
  server: Server,
  handler: RequestListener,
  { life, patience }: { readonly life: Life | undefined; readonly patience: Patience },
): Prepared {
  limitPatience(server, patience);
  // Node would refuse a request without a Host by itself, with nothing but a status.
  Object.assign(server, { requireHostHeader: false });
  const owedOn = followAnswers(server);
  answerBadRequests(server, owedOn);
  continueWhenRead(server);
  life?.attach(server, handler, owedOn);
  return { server, sockets: followSockets(server) };
}

function followSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return sockets;
}

function closeServer({ server, sockets }: Prepared, drainMs: number): Promise<void> {
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
