/** Every facade at its path and at its `/no-tools` twin. */
import type { Facade } from "../../facades/facade.ts";
import type { Generate } from "../../pipeline/generate.ts";

import { warmUp } from "../../upstreams/warm-up.ts";

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
      const { value, logged } = await readBody(req, facade);
      scope.transit.record("inbound_body", { body: logged });
      return generate(facade, value, scope, {
        allowTools,
        ...(facade.isWarmUp?.(value) ? { upstream: warmUp } : {}),
      });
    },
  });
  return facades.flatMap((facade) => [
    route(facade, facade.path, true),
    route(facade, `/no-tools${facade.path}`, false),
  ]);
}
