/**
 * The HTTP application: the order in which a request is looked at, and the routes. h3 finds the
 * route; requests and answers stay Node's own objects, which is what keeps streams as fast as a
 * bare server's.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { H3, type H3Event } from "h3";
import { toNodeHandler } from "h3/node";
import { RelayError } from "../errors.ts";
import type { Dialect } from "../facades/facade.ts";
import type { Admission } from "./admission.ts";
import { createExchange, type Exchange, type ExchangeDeps, openAiErrors } from "./exchange.ts";
import { createMeantPath } from "./meant-path.ts";
import type { Route } from "./route.ts";

export interface AppDeps extends ExchangeDeps, Admission {
  readonly routes: readonly Route[];
  /** Whose errors a request gets that reaches no route of its own. */
  readonly dialects: readonly Dialect[];
}

export function createApp(deps: AppDeps): RequestListener {
  const app = new H3({ silent: true });
  const publicPaths = new Set(deps.routes.flatMap(({ isPublic, path }) => (isPublic ? path : [])));
  const isPublic = ({ method }: IncomingMessage, path: string): boolean =>
    (method === "GET" || method === "HEAD") && publicPaths.has(path as Route["path"]);
  const ownerOf = (path: string, { headers }: IncomingMessage): Dialect | undefined =>
    deps.dialects.find(({ owns }) => owns(path, headers));
  const dialectOf = ({ req }: Exchange, { url }: H3Event): Dialect | undefined =>
    ownerOf(url.pathname, req);
  // Nobody means what is not offered.
  const offered = deps.routes.flatMap(({ method, path }) => (method === "ANY" ? [] : path));
  const meantPath = createMeantPath(offered);
  /** That of the route that is meant, where the path is none. */
  const dialectMeant = ({ req }: Exchange, { url }: H3Event): Dialect | undefined =>
    ownerOf(meantPath(url.pathname) ?? url.pathname, req);

  // Everything is refused here unless it passes, routes that do not exist included.
  app.use(async (event, next) => {
    const { req, res } = nodeOf(event);
    const exchange = createExchange(req, res, deps);
    const path = event.url.pathname;
    try {
      const preflight = deps.preflight(exchange, path);
      if (preflight !== undefined) {
        exchange.silence();
        return handled(event, () =>
          exchange.answer(async () => ({ kind: "empty", headers: preflight })),
        );
      }
      await deps.admit(exchange, { path, isPublic: isPublic(req, path) });
    } catch (error) {
      const errors = dialectMeant(exchange, event);
      return handled(event, () => exchange.answer(() => Promise.reject(error), errors));
    }
    event.context["exchange"] = exchange;
    return next();
  });

  const answer = (event: H3Event, route: Route): Promise<unknown> => {
    const exchange = exchangeOf(event);
    return handled(event, () => {
      if (route.isPoll) exchange.silence();
      const request = {
        exchange,
        path: event.url.pathname,
        params: event.context.params ?? {},
        query: event.url.searchParams,
      };
      const errors = route.errors ?? dialectOf(exchange, event);
      const work = () => {
        recordInbound(exchange, event);
        return route.handle(request);
      };
      return exchange.answer(work, errors);
    });
  };

  for (const route of deps.routes) {
    if (route.method === "ANY") app.all(route.path, (event) => answer(event, route));
    else app.on(route.method, route.path, (event) => answer(event, route));
    // Node sends the headers of a HEAD answer and drops its body.
    if (route.method === "GET") app.on("HEAD", route.path, (event) => answer(event, route));
  }
  for (const path of new Set(deps.routes.map((route) => route.path))) {
    const allow = deps.routes.flatMap((route) => (route.path === path ? route.method : []));
    if (allow.includes("ANY")) continue;
    app.all(path, (event) => answer(event, methodRefusal(path, event, allow)));
  }
  const unknown = (event: H3Event): Route => {
    const { pathname: path } = event.url;
    const { req } = nodeOf(event);
    const meant = meantPath(path);
    const owner = ownerOf(meant ?? path, req);
    const address =
      meant === undefined ? undefined : { path: meant, base: baseUrl(meant, owner, req) };
    return { ...refusal("/", unknownPath(path, address)), errors: owner ?? openAiErrors };
  };
  app.all("/**", (event) => answer(event, unknown(event)));

  const route = toNodeHandler(app) as RequestListener;
  return (req, res) => {
    // h3 answers a target that it cannot read by itself, before anything here has looked at it.
    const target = req.url ?? "";
    if (isReadable(target)) route(req, res);
    else {
      const exchange = createExchange(req, res, deps);
      const path = target.replace(/[?#].*/s, "");
      void exchange.answer(
        async () => deps.refuse(exchange, path, unreadable()),
        ownerOf(path, req),
      );
    }
  };
}

/** A path that decodes. A whole URL, as proxies are sent it, would name another host than the guard saw. */
function isReadable(target: string): boolean {
  try {
    return target.startsWith("/") && decodeURIComponent(target) !== "";
  } catch {
    // That it throws is the answer.
    return false;
  }
}

function unreadable(): RelayError {
  return new RelayError("invalid_request", "The request's target is no path that can be read.");
}

/**
 * Runs the work on Node's response. h3 is given a promise that never settles: it would end the
 * response a second time, and the error of that, with its stack, costs 2 % of a small request.
 */
function handled(event: H3Event, work: () => Promise<void>): Promise<never> {
  // The work answers its own errors; what escapes it must not leave the client waiting.
  work().catch(() => nodeOf(event).res.destroy());
  return new Promise(() => undefined);
}

/** On the event, and not in a WeakMap: each of its entries costs the garbage collector. */
function exchangeOf({ context }: H3Event): Exchange {
  const exchange = context["exchange"] as Exchange | undefined;
  if (exchange === undefined) throw new Error("A route was reached past the admission.");
  return exchange;
}

function nodeOf(event: H3Event): { req: IncomingMessage; res: ServerResponse } {
  const node = event.runtime?.node;
  if (node?.req === undefined || node.res === undefined) {
    throw new Error("The app runs on a Node server only.");
  }
  return node as ReturnType<typeof nodeOf>;
}

function refusal(path: Route["path"], error: RelayError): Route {
  return { method: "GET", path, handle: () => Promise.reject(error) };
}

function methodRefusal(path: Route["path"], event: H3Event, allow: readonly string[]): Route {
  const message = `\`${path}\` does not answer ${event.req.method}; it answers ${allow.join(" and ")}.`;
  return refusal(path, new RelayError("method_not_allowed", message, { allow }));
}

/** What the client has to be told; its programs put the rest behind it. Only OpenAI's want `/v1` in it. */
function baseUrl(meant: string, owner: Dialect | undefined, { headers }: IncomingMessage): string {
  const twin = meant.startsWith("/no-tools/") ? "/no-tools" : "";
  // The guard has looked at the Host: a name and a port of this relay's.
  return `http://${headers.host}${twin}${owner === undefined ? "/v1" : ""}`;
}

/**
 * The path is the client's text: bounded, without anything that a terminal would act upon, and without
 * what may be a token: people keep and paste the errors that they get.
 */
function shown(path: string): string {
  return path
    .replaceAll(/[^\x20-\x7e]/g, "?")
    .replaceAll(/[\w-]{40,}/g, "[redacted]")
    .slice(0, 200);
}

function unknownPath(
  path: string,
  address: { readonly path: string; readonly base: string } | undefined,
): RelayError {
  const none = `There is no route \`${shown(path)}\`.`;
  if (address !== undefined) {
    const hint = `It is \`${shown(address.path)}\`: the client's base URL has to be ${address.base}`;
    return new RelayError("not_found", `${none} ${hint}`);
  }
  const isBelow = /^(\/no-tools)?\/(v1|api)\//.test(path);
  return new RelayError(
    "not_found",
    isBelow ? none : `${none} OpenAI-compatible routes begin with /v1.`,
  );
}

function recordInbound({ req, client, scope }: Exchange, event: H3Event): void {
  scope.transit.record("inbound_request", {
    method: req.method,
    path: event.url.pathname,
    query: event.url.search === "" ? {} : Object.fromEntries(event.url.searchParams),
    headers: req.headers,
    client_ip: client,
  });
}
