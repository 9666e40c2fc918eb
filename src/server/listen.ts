/**
 * Binds the port through listhen with every convenience switched off: left to itself it listens on
 * all interfaces in containers, reads HOST, PORT and `--host` on its own, moves to another port when
 * this one is taken, and ends the process on Ctrl-C (dependencies.md 3).
 */
import type { RequestListener, Server } from "node:http";
import { RelayError, reasonOf } from "../errors.ts";

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

export async function listen(
  handler: RequestListener,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> {
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
  // Client pools keep idle connections for a minute; closing first would race with their next request.
  server.keepAliveTimeout = 65_000;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    host: address.address,
    port: address.port,
    close: (drainMs) => closeServer(server, drainMs),
  };
}

function closeServer(server: Server, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), drainMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function cannotListen(host: string, port: number, error: unknown): RelayError {
  const reason = reasonOf(error);
  // listhen's port finder words a taken port in its own way, and drops the error code.
  if (/EADDRINUSE|Unable to find|GetPort/i.test(`${reason} ${String(error)}`)) {
    return new RelayError(
      "port_in_use",
      `Port ${port} on ${host} is in use. Another relay may be running: airelays status`,
      {
        hint: "Choose another port with --port, or stop the program that holds this one.",
        cause: error,
      },
    );
  }
  return new RelayError("port_in_use", `Cannot listen on ${host}, port ${port}: ${reason}`, {
    hint: "Choose an address of this machine with --host and a free port with --port.",
    cause: error,
  });
}
