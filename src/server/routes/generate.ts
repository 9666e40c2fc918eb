/** Every facade at its path and at its `/no-tools` twin, and what it answers by itself. */
import type { Facade, LocalRoute } from "../../facades/facade.ts";
import type { Generate } from "../../pipeline/generate.ts";
import { warmUp } from "../../upstreams/warm-up.ts";
import type { ReadJsonBody } from "../body.ts";
import { type Route, withTwins } from "../route.ts";

export interface GenerateRouteDeps {
  readonly facades: readonly Facade[];
  readonly generate: Generate;
  readonly readBody: ReadJsonBody;
}

export function generateRoutes({ facades, generate, readBody }: GenerateRouteDeps): Route[] {
  const route = (facade: Facade, path: Route["path"], allowTools: boolean): Route => ({
    method: "POST",
    path,
    errors: facade,
    async handle({ exchange }) {
      const { req, scope } = exchange;
      const { value, logged } = await readBody(req, scope.signal, facade);
      scope.transit.record("inbound_body", { body: logged });
      return generate(facade, value, scope, {
        allowTools,
        ...(facade.isWarmUp?.(value) ? { upstream: warmUp } : {}),
      });
    },
  });
  const local = (facade: Facade, { method, path, isPublic, answer }: LocalRoute): Route => ({
    method,
    path,
    errors: facade,
    ...(isPublic === true ? { isPublic, isPoll: true } : {}),
    async handle({ exchange: { req, scope } }) {
      if (method === "GET") return { kind: "whole", headers: {}, ...answer(undefined) };
      const { value, logged } = await readBody(req, scope.signal, facade);
      scope.transit.record("inbound_body", { body: logged });
      return { kind: "whole", headers: {}, ...answer(value) };
    },
  });
  const locals = facades.flatMap((facade) =>
    (facade.local ?? []).map((each) => local(facade, each)),
  );
  return [
    ...facades.flatMap((facade) => [
      route(facade, facade.path, true),
      route(facade, `/no-tools${facade.path}`, false),
    ]),
    ...withTwins(locals),
  ];
}
