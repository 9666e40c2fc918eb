/**
 * The listener that the browser returns to: loopback only, one path, one port of those that the login
 * server has registered. Does not know what makes a callback the right one.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isRelayError, RelayError, reasonOf } from "../errors.ts";
import { type LoginPage, renderLoginPage } from "./login-page.ts";

export interface CallbackServerOptions {
  readonly ports: readonly number[];
  /** The page to show once the sign-in is decided; undefined when the callback is not the expected one. */
  readonly onCallback: (query: URLSearchParams) => Promise<LoginPage> | undefined;
}

export interface CallbackServer {
  readonly port: number;
  /** Resolves when the browser has the page. */
  readonly shown: Promise<void>;
  close(): Promise<void>;
}

const resultPath = "/auth/result";

const notExpected: LoginPage = {
  title: "Not the expected sign-in",
  text: "This address does not belong to the sign-in that is waiting. Use the address that the terminal shows.",
};

/** Listens on the first port that is free on every loopback address of this machine. */
export async function openCallbackServer(options: CallbackServerOptions): Promise<CallbackServer> {
  let result: LoginPage | undefined;
  let markShown: () => void;
  const shown = new Promise<void>((resolve) => {
    markShown = resolve;
  });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (request.method !== "GET") return send(response, 405, page("Only GET", "Use a browser."));
    if (url.pathname === resultPath && result !== undefined) {
      response.once("close", () => markShown());
      return send(response, 200, result);
    }
    if (url.pathname !== "/auth/callback")
      return send(response, 404, page("Not found", "Nothing here."));
    const decided = options.onCallback(url.searchParams);
    if (decided === undefined) return send(response, 400, notExpected);
    result = await decided;
    // The address of the callback holds the code; after a redirect the history does not keep it.
    response.writeHead(303, {
      location: resultPath,
      "cache-control": "no-store",
      connection: "close",
    });
    response.end();
  };

  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    // Only an address that `URL` cannot read gets here.
    answer(request, response).catch(() => send(response, 400, notExpected));
  };
  const { port, servers } = await listenOnFirst(options.ports, handler);
  return { port, shown, close: () => closeAll(servers) };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function listenOnFirst(
  ports: readonly number[],
  handler: Handler,
): Promise<{ readonly port: number; readonly servers: readonly Server[] }> {
  const causes: string[] = [];
  let cause: unknown;
  for (const port of ports) {
    const servers: Server[] = [];
    try {
      const first = await listen(handler, port, "127.0.0.1");
      servers.push(first);
      const bound = (first.address() as AddressInfo).port;
      // `localhost` may mean either; a stranger on the other one would receive the code.
      servers.push(...(await listenOnIpv6(handler, bound)));
      return { port: bound, servers };
    } catch (error) {
      await closeAll(servers);
      if (!isTaken(error)) throw cannotListen(reasonOf(error), error);
      const { code } = error as NodeJS.ErrnoException;
      causes.push(`port ${port} is ${code === "EADDRINUSE" ? "in use" : "reserved by the system"}`);
      cause = error;
    }
  }
  throw cannotListen(causes.join(" and "), cause);
}

async function listenOnIpv6(handler: Handler, port: number): Promise<readonly Server[]> {
  try {
    return [await listen(handler, port, "::1")];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A machine without IPv6: nobody else can be there either.
    if (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT" || code === "EINVAL") return [];
    throw error;
  }
}

function listen(handler: Handler, port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(handler);
    server.once("error", reject);
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    ),
  );
}

function send(response: ServerResponse, status: number, content: LoginPage): void {
  const { html, headers } = renderLoginPage(content);
  response.writeHead(status, { ...headers, connection: "close" });
  response.end(html);
}

function page(title: string, text: string): LoginPage {
  return { title, text };
}

/** EACCES is Windows: ranges of ports are set aside there, for Hyper-V among others. */
function isTaken(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EADDRINUSE" || code === "EACCES";
}

/** The browser could not come back to this machine; a device code still can be used. */
export function isPortTaken(error: unknown): error is RelayError {
  return isRelayError(error) && error.details.cause !== undefined && isTaken(error.details.cause);
}

function cannotListen(reason: string, cause: unknown): RelayError {
  return new RelayError("login_failed", `The sign-in cannot wait for the browser: ${reason}.`, {
    hint: "airelays login --device",
    cause,
  });
}
