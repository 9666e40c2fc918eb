/**
 * Calls to one server over undici, which costs a seventh of the built-in fetch (performance.md). Owns
 * sockets, the way through a proxy and the time limits; follows no redirect, so credentials go to the
 * configured host only.
 */
import type { Agent, buildConnector } from "undici";
import type { Cancellation } from "../cancellation.ts";
import type { TextReader } from "./body-text.ts";
import { HttpCall } from "./http-call.ts";
import type { ProxyServer } from "./proxy.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: Cancellation;
}

export interface HttpAnswer {
  readonly status: number;
  /** The first of that name, in lower case. */
  header(name: string): string | undefined;
  /**
   * What the reader makes of the body as it comes in, decoded, once; rejects with RelayError when the
   * connection breaks.
   */
  pieces<Piece>(reader: TextReader<Piece>): AsyncIterableIterator<Piece>;
  /** The body as one text, cut at the limit. */
  wholeText(limit: number): Promise<string>;
}

export interface HttpClient {
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export interface HttpLimits {
  readonly connectTimeoutMs: number;
  /** Longest wait for the first byte, and between two reads. There is no limit over the whole. */
  readonly silenceTimeoutMs: number;
}

/**
 * A client that keeps its connections; with a proxy, all of them go through it. Importing undici
 * takes 60 ms, so it happens here, not at start.
 */
export async function createHttpClient(
  limits: HttpLimits,
  proxy?: ProxyServer | undefined,
): Promise<HttpClient> {
  const agent = await createAgent(limits, proxy);
  const targetOf = createTargets();
  return {
    send: (request) => startCall(agent, request, targetOf(request.url), limits),
    close: () => agent.destroy(),
  };
}

/** Starts a call; resolves with its answer as soon as that begins. */
function startCall(
  agent: Agent,
  request: HttpRequest,
  target: Target,
  limits: HttpLimits,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const call = new HttpCall(request, limits, resolve, reject);
    if (request.signal.aborted) {
      call.cancel();
      return;
    }
    request.signal.addEventListener("abort", call.cancel);
    const { method, headers, body = null } = request;
    agent.dispatch({ origin: target.origin, path: target.path, method, headers, body }, call);
  });
}

/** Where undici is to go. */
interface Target {
  readonly origin: string;
  readonly path: string;
}

/** Nearly every call goes where the one before it went. */
function createTargets(): (url: string) => Target {
  let last: { readonly url: string; readonly target: Target } | undefined;
  return (url) => {
    if (last?.url !== url) {
      const { origin, pathname, search } = new URL(url);
      last = { url, target: { origin, path: `${pathname}${search}` } };
    }
    return last.target;
  };
}

/** What both this fetch and the built-in one take in the same form. */
interface FetchInit {
  readonly method: string;
  readonly redirect: "manual";
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/**
 * The built-in fetch through a proxy, which it has no notion of in Node 20. undici's own, because
 * an agent of one undici does not fit the fetch of another.
 */
export async function createProxiedFetch(
  limits: HttpLimits,
  proxy: ProxyServer,
): Promise<(url: string, init: FetchInit) => Promise<Response>> {
  const { fetch } = await import("undici");
  const dispatcher = await createAgent(limits, proxy);
  return (url, init) => fetch(url, { ...init, dispatcher });
}

async function createAgent(limits: HttpLimits, proxy: ProxyServer | undefined): Promise<Agent> {
  const { Agent, buildConnector } = await import("undici");
  const timeout = limits.connectTimeoutMs;
  const connect =
    proxy === undefined
      ? { timeout }
      : await throughProxy(proxy, buildConnector({ timeout }), timeout);
  return new Agent({
    connect,
    headersTimeout: limits.silenceTimeoutMs,
    bodyTimeout: limits.silenceTimeoutMs,
    keepAliveTimeout: 60_000,
  });
}

/** Makes the agent's connections: a tunnel, and TLS with the server itself inside of it. */
async function throughProxy(
  proxy: ProxyServer,
  secure: buildConnector.connector,
  timeoutMs: number,
): Promise<buildConnector.connector> {
  const { openTunnel } = await import("./tunnel.ts");
  return (options, callback) => {
    const isSecure = options.protocol === "https:";
    const port = Number(options.port) || (isSecure ? 443 : 80);
    openTunnel(proxy, { host: options.hostname, port }, timeoutMs).then(
      (socket) => {
        if (isSecure) secure({ ...options, httpSocket: socket }, callback);
        else callback(null, socket);
      },
      (error: Error) => callback(error, null),
    );
  };
}
