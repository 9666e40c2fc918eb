/** What a route is: data that the app mounts, so that the list of routes can be read and tested. */
import type { RelayError } from "../errors.ts";
import type { Outcome } from "../pipeline/generate.ts";
import type { Answer, Exchange } from "./exchange.ts";

export interface RouteRequest {
  readonly exchange: Exchange;
  /** The named parts of the path: `{ id: "gpt-5.5" }`. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: `/${string}`;
  /** Answers without the relay token. Everything else needs it. */
  readonly isPublic?: boolean;
  /** A monitor's poll: not logged unless it fails. */
  readonly isPoll?: boolean;
  handle(request: RouteRequest): Promise<Answer>;
  /** The envelope of its errors; OpenAI's when not said. */
  readonly errorBody?: (error: RelayError) => unknown;
}

/** A JSON answer without further headers. */
export function json(body: unknown): Outcome {
  return { kind: "whole", headers: {}, body };
}
