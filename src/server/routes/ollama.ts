/** Ollama's calls about models and about itself; what it can do beyond that is refused with 501. */
import { createHash } from "node:crypto";
import { RelayError } from "../../errors.ts";
import { asBody, optionalString, requiredString } from "../../facades/fields.ts";
import { withoutTag } from "../../facades/ollama/settings.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { ModelName, Registry } from "../../upstreams/registry.ts";
import type { ReadJsonBody } from "../body.ts";
import { type RecentModels, recentMs } from "../recent-models.ts";
import { json, type Route } from "../route.ts";

export interface OllamaRouteDeps {
  readonly registry: Pick<Registry, "models" | "model">;
  readonly recent: RecentModels;
  readonly readBody: ReadJsonBody;
  /** The relay's own. */
  readonly version: string;
}

/** Clients ask for a certain level of Ollama's API, and read each part as a number. */
const apiVersion = "0.13.0";

export function ollamaRoutes({ registry, recent, readBody, version }: OllamaRouteDeps): Route[] {
  const get = (path: Route["path"], handle: Route["handle"]): Route => ({
    method: "GET",
    path,
    isPoll: true,
    handle,
  });
  return [
    get("/api/version", async () => ({
      kind: "whole",
      headers: { "x-airelays-version": version },
      body: { version: apiVersion },
    })),
    get("/api/tags", async ({ exchange }) => {
      const models = await registry.models(exchange.scope.signal);
      return json({ models: models.map(toRow) });
    }),
    get("/api/ps", async ({ exchange }) => {
      const used = recent.all();
      const models = used.size === 0 ? [] : await registry.models(exchange.scope.signal);
      return json({
        models: models.flatMap((model) => {
          const at = used.get(model.id);
          return at === undefined ? [] : [{ ...toRow(model), ...running(model, at) }];
        }),
      });
    }),
    {
      method: "POST",
      path: "/api/show",
      async handle({ exchange }) {
        const { value } = await readBody(exchange.req, exchange.scope.signal, {
          takesUntypedBodies: true,
        });
        const body = asBody(value);
        // Older clients say `name`.
        const name = optionalString(body, "name") || requiredString(body, "model");
        return json(toDetails(await registry.model(withoutTag(name), exchange.scope.signal)));
      },
    },
  ];
}

/** What Ollama has and the relay has not: 501. */
export function ollamaGaps(): Route[] {
  const names = ["embed", "embeddings", "pull", "push", "create", "copy", "delete", "blobs/**"];
  return names.map((name) => ({
    method: "ANY",
    path: `/api/${name}`,
    handle: () => Promise.reject(new RelayError("unsupported_error", notOffered(name))),
  }));
}

function notOffered(name: string): string {
  const path = `\`/api/${name.replace("/**", "")}\``;
  return name.startsWith("embed")
    ? `${path} is not available: airelays relays to ChatGPT, which makes no embeddings. Use a local model for them.`
    : `${path} is not available: airelays relays to ChatGPT and stores no models.`;
}

/** What stands at `/` where a client expects Ollama itself. */
export const ollamaGreeting: Route = {
  method: "GET",
  path: "/",
  isPublic: true,
  isPoll: true,
  handle: async () => ({
    kind: "whole",
    headers: { "content-type": "text/plain; charset=utf-8" },
    body: "Ollama is running",
  }),
};

/** The catalogue has no dates, and the field is required. */
const noDate = "1970-01-01T00:00:00Z";

function toRow({ id, aliasOf }: ModelName): JsonObject {
  const name = `${id}:latest`;
  return {
    name,
    model: name,
    modified_at: noDate,
    // Nothing lies here; zero is taken for a broken download.
    size: 1,
    digest: createHash("sha256").update(id).digest("hex"),
    details: detailsOf(aliasOf),
  };
}

function detailsOf(parent: string | undefined): JsonObject {
  return {
    parent_model: parent ?? "",
    format: "",
    family: "gpt",
    families: ["gpt"],
    parameter_size: "",
    quantization_level: "",
  };
}

function running({ contextWindow }: ModelName, usedAt: number): JsonObject {
  return {
    expires_at: new Date(usedAt + recentMs).toISOString(),
    size_vram: 0,
    context_length: contextWindow ?? 0,
  };
}

function toDetails({ id, aliasOf, contextWindow, efforts, takesImages }: ModelName): JsonObject {
  return {
    license: "",
    modelfile: "",
    parameters: "",
    template: "",
    system: "",
    details: detailsOf(aliasOf),
    model_info: {
      "general.architecture": "gpt",
      "general.basename": aliasOf ?? id,
      ...(contextWindow === undefined ? {} : { "gpt.context_length": contextWindow }),
    },
    capabilities: [
      "completion",
      "tools",
      ...(takesImages ? ["vision"] : []),
      ...(efforts.length > 0 ? ["thinking"] : []),
    ],
    modified_at: noDate,
  };
}
