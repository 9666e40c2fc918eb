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
  /** `ANY` answers every method, so that nothing on its path gets 405. */
  readonly method: "GET" | "POST" | "DELETE" | "ANY";
  readonly path: `/${string}`;
  /** Answers without the relay token. Everything else needs it. */
  readonly isPublic?: boolean;
  /** A monitor's poll: not logged unless it fails. */
  readonly isPoll?: boolean;
  handle(request: RouteRequest): Promise<Answer>;
  /** The envelope of its errors; OpenAI's when not said. */
  readonly errorBody?: (error: RelayError) => unknown;
}

/**
 * The envelope of an error on a path, whatever route is there or none: a client is refused in its
 * own dialect, at the door too. A path that ends in `**` speaks for everything below it.
 */
export function envelopes(routes: readonly Route[]): (path: string) => Route["errorBody"] {
  const speaking = routes.filter(({ errorBody }) => errorBody !== undefined);
  const exact = new Map(speaking.map(({ path, errorBody }) => [path as string, errorBody]));
  const folders = speaking
    .flatMap(({ path, errorBody }) =>
      path.endsWith("/**") ? { prefix: path.slice(0, -2), errorBody } : [],
    )
    .sort((a, b) => b.prefix.length - a.prefix.length);
  return (path) =>
    exact.get(path) ?? folders.find(({ prefix }) => path.startsWith(prefix))?.errorBody;
}

/** A JSON answer without further headers. */
export function json(body: unknown): Outcome {
  return { kind: "whole", headers: {}, body };
}

/**
 * The routes and their `/no-tools` twins. A client has one base URL for everything: it also looks for
 * its files, conversations and answers where it generates without tools.
 */
export function withTwins(routes: readonly Route[]): Route[] {
  const shared = routes.filter(({ path }) => /^\/(v1|api)\//.test(path));
  return [
    ...routes,
    ...shared.map((route): Route => ({ ...route, path: `/no-tools${route.path}` })),
  ];
}
