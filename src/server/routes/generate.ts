/** Every facade at its path and at its `/no-tools` twin. */
import { RelayError } from "../../errors.ts";
import type { Facade } from "../../facades/facade.ts";
import type { Generate } from "../../pipeline/generate.ts";
import type { ReadJsonBody } from "../body.ts";
import type { Route } from "../route.ts";

export interface GenerateRouteDeps {
  readonly facades: readonly Facade[];
  readonly generate: Generate;
  readonly readBody: ReadJsonBody;
}

export function generateRoutes({ facades, generate, readBody }: GenerateRouteDeps): Route[] {
  const route = (facade: Facade, path: Route["path"], allowTools: boolean): Route => ({
    method: "POST",
    path,
    errorBody: facade.errorBody,
    async handle({ exchange }) {
      const { req, scope } = exchange;
      const { value, logged } = await readBody(req);
      scope.transit.record("inbound_body", { body: logged });
      return generate(facade, value, scope, { allowTools });
    },
  });
  return facades.flatMap((facade) => [
    route(facade, facade.path, true),
    route(facade, `/no-tools${facade.path}`, false),
  ]);
}

/**
 * `GET /v1/responses` with an upgrade is how newer clients ask for a WebSocket. 426 sends them to
 * HTTP at once; after a 404 the Codex CLI would try seven times.
 */
export function webSocketRefusal(): Route {
  return {
    method: "GET",
    path: "/v1/responses",
    async handle({ exchange }) {
      if (exchange.req.headers.upgrade?.toLowerCase() === "websocket") {
        throw new RelayError(
          "websocket_not_supported",
          "This relay does not speak WebSocket here. Send the request with POST.",
        );
      }
      throw new RelayError("method_not_allowed", "`/v1/responses` answers POST only.", {
        allow: ["POST"],
      });
    },
  };
}
