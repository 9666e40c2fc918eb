/**
 * What a browser is told so that a listed page may call: the headers on every answer, errors too,
 * and the answer to the question that it asks before it sends. Pages that are not listed are told
 * nothing. Pure.
 */
import type { IncomingMessage } from "node:http";
import type { Headers } from "../pipeline/answer-headers.ts";

type Asking = Pick<IncomingMessage, "method" | "headers">;

export interface Cors {
  /** What goes with every answer to this request. */
  headersFor(req: Asking): Headers;
  /** The answer to the preflight of a listed page; undefined for any other request. */
  preflight(req: Asking): Headers | undefined;
}

/** A wildcard is not legal beside an exact origin, so every name is written out. */
const exposed = [
  "x-request-id",
  "request-id",
  "retry-after",
  "x-should-retry",
  "openai-processing-ms",
  ...["limit", "remaining", "reset"].map((fact) => `x-ratelimit-${fact}-requests`),
  ...["primary", "secondary"].flatMap((window) =>
    ["used-percent", "window-minutes", "reset-after-seconds"].map(
      (fact) => `x-codex-${window}-${fact}`,
    ),
  ),
  ...[
    "model",
    "ignored-parameters",
    "adapted-parameters",
    "upstream-request-id",
    "upstream-auth",
    "upstream-transport",
    "estimated",
    "version",
  ].map((name) => `x-airelays-${name}`),
].join(", ");

/** What clients of OpenAI's API send. `*` would not cover `authorization`. */
const requestable =
  /^(authorization|content-type|accept|user-agent|x-api-key|x-request-id|idempotency-key|traceparent|session[-_]id|x-session-(id|affinity)|(anthropic|openai|x-stainless|x-airelays)-[\w-]+)$/;

/** Chrome takes no more; Firefox would take a day. */
const maxAgeSeconds = "7200";

export function createCors(allowedOrigins: readonly string[]): Cors {
  const origins = new Set(allowedOrigins);
  if (origins.size === 0) return { headersFor: () => ({}), preflight: () => undefined };

  const headersFor = ({ headers: { origin } }: Asking): Headers =>
    origin !== undefined && origins.has(origin)
      ? {
          vary: "Origin",
          "access-control-allow-origin": origin,
          "access-control-expose-headers": exposed,
        }
      : { vary: "Origin" };

  return {
    headersFor,
    preflight({ method, headers }) {
      const { origin } = headers;
      const asksFor = headers["access-control-request-method"];
      if (method !== "OPTIONS" || asksFor === undefined) return undefined;
      if (origin === undefined || !origins.has(origin)) return undefined;
      const names = (headers["access-control-request-headers"] ?? "")
        .split(",")
        .map((name) => name.trim().toLowerCase())
        .filter((name) => requestable.test(name));
      return {
        vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network",
        "access-control-allow-methods": "GET, HEAD, POST, DELETE, OPTIONS",
        ...(names.length === 0 ? {} : { "access-control-allow-headers": names.join(", ") }),
        "access-control-max-age": maxAgeSeconds,
        // Chrome has replaced it by a question to the person; older ones and web views still ask.
        ...(headers["access-control-request-private-network"] === "true"
          ? { "access-control-allow-private-network": "true" }
          : {}),
      };
    },
  };
}
