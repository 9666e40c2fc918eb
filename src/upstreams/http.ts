/**
 * Calls to an upstream over undici, whose `request` costs a fifth of the built-in fetch
 * (performance.md). Owns sockets, the four time limits and the words for a network that fails; knows
 * no header's meaning and follows no redirect, so credentials go to the configured host only.
 */
import { StringDecoder } from "node:string_decoder";
import type { Agent, Dispatcher } from "undici";
import { RelayError, reasonOf } from "../errors.ts";

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
  /** The body as it comes in, decoded; rejects with RelayError when the connection breaks. */
  text(): AsyncIterable<string>;
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

/** A client that keeps its connections. Importing undici takes 60 ms, so it happens here, not at start. */
export async function createHttpClient(limits: HttpLimits): Promise<HttpClient> {
  const { Agent, request } = await import("undici");
  const agent: Agent = new Agent({
    connect: { timeout: limits.connectTimeoutMs },
    headersTimeout: limits.silenceTimeoutMs,
    bodyTimeout: limits.silenceTimeoutMs,
    keepAliveTimeout: 60_000,
  });
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
        return toHttpAnswer(answer, signal);
      } catch (error) {
        throw toNetworkError(error, { url, signal, answered: false });
      }
    },
    close: () => agent.destroy(),
  };
}

function toHttpAnswer(answer: Dispatcher.ResponseData, signal: AbortSignal): HttpAnswer {
  async function* text(): AsyncGenerator<string> {
    // Keeps the bytes of a character that is cut by two reads; a third of TextDecoder's cost.
    const decoder = new StringDecoder("utf8");
    try {
      for await (const part of answer.body) yield decoder.write(part);
    } catch (error) {
      throw toNetworkError(error, { url: undefined, signal, answered: true });
    }
  }
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
    return new RelayError(
      "upstream_timeout",
      "The upstream was silent for too long; `upstream.request_timeout_seconds` is the limit.",
      { cause: error },
    );
  }
  if (answered) {
    return new RelayError(
      "upstream_stream_interrupted",
      "The connection to the upstream broke before the answer was complete.",
      { cause: error },
    );
  }
  const host = url === undefined ? "the upstream" : `\`${new URL(url).host}\``;
  return new RelayError(
    "upstream_unreachable",
    `Could not reach ${host}: ${layerOf(code, error)}`,
    {
      cause: error,
      hint: "Check the network connection and `upstream.base_url`.",
    },
  );
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : "";
}

function layerOf(code: string, error: unknown): string {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "its name cannot be resolved (DNS).";
  if (code === "ECONNREFUSED") return "the connection was refused.";
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT") {
    return "connecting took longer than `upstream.connect_timeout_seconds`.";
  }
  if (code === "ECONNRESET" || code === "UND_ERR_SOCKET") return "the connection was closed.";
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code)) return `TLS failed (${code}).`;
  return `${reasonOf(error)}.`;
}
