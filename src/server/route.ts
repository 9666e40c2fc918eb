/** What a route is: data that the app mounts, so that the list of routes can be read and tested. */
import type { ErrorForm } from "../facades/facade.ts";
import type { Outcome } from "../pipeline/generate.ts";
import type { Answer, Exchange } from "./exchange.ts";

export interface RouteRequest {
  readonly exchange: Exchange;
  /** As it was asked for. */
  readonly path: string;
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
  /** How it tells its errors; that of the path's dialect when not said. */
  readonly errors?: ErrorForm;
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
