/** `/v1/models`: what the account can use, in the shape of the dialect that asks; OpenAI's by itself. */
import type { Dialect, ModelShape } from "../../facades/facade.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { ModelName, Registry } from "../../upstreams/registry.ts";
import type { Model } from "../../upstreams/upstream.ts";
import { json, type Route, type RouteRequest } from "../route.ts";

export function modelRoutes(registry: Registry, dialects: readonly Dialect[]): Route[] {
  /** The shape of the dialect that asks; undefined for OpenAI's. */
  const shapeOf = ({ exchange: { req }, path }: RouteRequest): ModelShape | undefined =>
    dialects.find(({ owns }) => owns(path, req.headers))?.models;
  return [
    {
      method: "GET",
      path: "/v1/models",
      async handle(request) {
        const models = await registry.models(request.exchange.scope.signal);
        const shape = shapeOf(request);
        return json(
          shape === undefined
            ? { object: "list", data: models.map(toModelRecord) }
            : shape.list(models, request.query),
        );
      },
    },
    {
      method: "GET",
      path: "/v1/models/:id",
      async handle(request) {
        const { id = "" } = request.params;
        const shape = shapeOf(request);
        const model = await registry.model(
          shape?.toPlainName(id) ?? id,
          request.exchange.scope.signal,
        );
        return json(shape === undefined ? toModelRecord(model) : shape.one(model, id));
      },
    },
  ];
}

/** OpenAI's four fields, and under `airelays` what the catalogue says beyond them. */
export function toModelRecord(model: Model & Partial<ModelName>): JsonObject {
  return {
    id: model.id,
    object: "model",
    // The catalogue has no dates, and the field is a required integer.
    created: 0,
    owned_by: "airelays-upstream",
    airelays: {
      display_name: model.displayName ?? null,
      context_window: model.contextWindow ?? null,
      reasoning_efforts: model.efforts,
      default_reasoning_effort: model.defaultEffort ?? null,
      alias_of: model.aliasOf ?? null,
      reasoning_effort: model.effort ?? null,
    },
  };
}
