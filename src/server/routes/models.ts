/** `/v1/models`: what the account can use, in OpenAI's list shape. */
import type { JsonObject } from "../../protocol/json.ts";
import type { ModelName, Registry } from "../../upstreams/registry.ts";
import type { Model } from "../../upstreams/upstream.ts";
import { json, type Route } from "../route.ts";

export function modelRoutes(registry: Registry): Route[] {
  return [
    {
      method: "GET",
      path: "/v1/models",
      async handle({ exchange }) {
        const models = await registry.models(exchange.scope.signal);
        return json({ object: "list", data: models.map(toModelRecord) });
      },
    },
    {
      method: "GET",
      path: "/v1/models/:id",
      async handle({ exchange, params }) {
        const model = await registry.model(params["id"] ?? "", exchange.scope.signal);
        return json(toModelRecord(model));
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
