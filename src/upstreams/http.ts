/**
 * Calls to one server over undici, whose `request` costs a fifth of the built-in fetch
 * (performance.md). Owns sockets, the way through a proxy, the four time limits and the errors of a
 * network that fails; knows no header's meaning and follows no redirect, so credentials go to the
 * configured host only.
 */
import type { Agent, buildConnector, Dispatcher } from "undici";
import { readText } from "./body-text.ts";
import { brokenOff, tooSilent, unreachable } from "./network-errors.ts";
import type { ProxyServer } from "./proxy.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  /** The body as it comes in, decoded, once; rejects with RelayError when the connection breaks. */
  text(): AsyncIterableIterator<string>;
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
  const { request } = await import("undici");
  const agent = await createAgent(limits, proxy);
  return {
    async send({ method, url, headers, body, signal }) {
      try {
        const answer = await request(url, {
          method,
          headers,
          body: body ?? null,
          signal,
          dispatcher: agent,
        });
        return toHttpAnswer(answer, signal, limits);
      } catch (error) {
        throw toNetworkError(error, { url, signal, answered: false });
      }
    },
    close: () => agent.destroy(),
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

function toHttpAnswer(
  answer: Dispatcher.ResponseData,
  signal: AbortSignal,
  { silenceTimeoutMs }: HttpLimits,
): HttpAnswer {
  const text = (): AsyncIterableIterator<string> =>
    readText(answer.body, {
      toError: (error) => toNetworkError(error, { url: undefined, signal, answered: true }),
      silenceMs: silenceTimeoutMs,
      toSilence: () => tooSilent(),
    });
  return {
    status: answer.statusCode,
    header(name) {
      const value = answer.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    text,
    async wholeText(limit) {
      let whole = "";
      for await (const part of text()) {
        whole += part;
        if (whole.length >= limit) return whole.slice(0, limit);
      }
      return whole;
    },
  };
}

interface Circumstances {
  readonly url: string | undefined;
  readonly signal: AbortSignal;
  /** The upstream had begun to answer. */
  readonly answered: boolean;
}

/** Names the layer that failed: name look-up, connection, TLS, silence, or a cut answer. */
function toNetworkError(error: unknown, { url, signal, answered }: Circumstances): unknown {
  if (signal.aborted && (signal.reason as Error | undefined)?.name !== "TimeoutError") {
    return signal.reason;
  }
  const code = codeOf(error);
  if (signal.aborted || code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT") {
    return tooSilent(error);
  }
  return answered ? brokenOff(error) : unreachable(url, error);
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : "";
}
