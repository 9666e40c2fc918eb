/** Every facade at its path and at its `/no-tools` twin. */
import type { Facade } from "../../facades/facade.ts";
import type { Generate } from "../../pipeline/generate.ts";
import { readJsonBody } from "../body.ts";
import type { Route } from "../route.ts";

export interface GenerateRouteDeps {
  readonly facades: readonly Facade[];
  readonly generate: Generate;
  readonly maxBodyBytes: number;
}

export function generateRoutes({ facades, generate, maxBodyBytes }: GenerateRouteDeps): Route[] {
  const route = (facade: Facade, path: Route["path"], allowTools: boolean): Route => ({
    method: "POST",
    path,
    errorBody: facade.errorBody,
    async handle({ exchange }) {
      const { req, scope } = exchange;
      const { value, logged } = await readJsonBody(req, maxBodyBytes, scope.signal);
      scope.transit.record("inbound_body", { body: logged });
      return generate(facade, value, scope, { allowTools });
    },
  });
  return facades.flatMap((facade) => [
    route(facade, facade.path, true),
    route(facade, `/no-tools${facade.path}`, false),
  ]);
}
