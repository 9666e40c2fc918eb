/** What the relay says of itself: the public pair that tells nothing, and the protected details. */
import type { Cancellation } from "../../cancellation.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { json, type Route } from "../route.ts";

export interface StatusDeps {
  readonly version: string;
  /** Tells this start of the relay from any other; a random word. */
  readonly instance: string;
  /** One word on the sign-in, for monitors: from memory, and it names no account. */
  authHealth(): Promise<string>;
  /** Local state: no upstream call. */
  relayStatus(client: string): Promise<JsonObject>;
  /** The plan's windows; asks the upstream. `raw` adds its payload. */
  subscription(options: { raw: boolean; signal: Cancellation }): Promise<JsonObject>;
}

export function statusRoutes(deps: StatusDeps): Route[] {
  const page = landingPage(deps.version);
  const subscription = (path: Route["path"]): Route => ({
    method: "GET",
    path,
    isPoll: true,
    async handle({ exchange, query }) {
      const raw = query.get("raw") === "true";
      return json(await deps.subscription({ raw, signal: exchange.scope.signal }));
    },
  });
  return [
    {
      method: "GET",
      path: "/",
      isPublic: true,
      isPoll: true,
      handle: async () => ({ kind: "whole", headers: pageHeaders, body: page }),
    },
    {
      method: "GET",
      path: "/healthz",
      isPublic: true,
      isPoll: true,
      // Always 200: the relay lives, whatever became of the sign-in.
      handle: async () =>
        json({
          ok: true,
          app_name: "AIRelays",
          version: deps.version,
          instance: deps.instance,
          upstream_auth: await deps.authHealth(),
        }),
    },
    {
      method: "GET",
      path: "/v1/relay/status",
      isPoll: true,
      handle: async ({ exchange }) => json(await deps.relayStatus(exchange.client)),
    },
    subscription("/v1/subscription/status"),
    subscription("/v1/account/rate_limits"),
  ];
}

const pageHeaders = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
};

/** Public, so it names no account, path or readiness. */
function landingPage(version: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>AIRelays</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:38rem;margin:4rem auto;padding:0 1rem}code{background:#eee;padding:0 .2em}</style>
<h1>AIRelays ${version}</h1>
<p>This is one person's relay. It answers on this machine, to programs that have its token.</p>
<p>Point an OpenAI client at <code>/v1</code> on this address, with the relay token as the API key.
The token is shown by <code>airelays token show</code>, and the state of things by <code>airelays status</code>.</p>
</html>
`;
}
