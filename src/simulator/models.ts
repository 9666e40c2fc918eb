/** The catalogue: which models the account has and what each can do. Wire order is display order. */
import { digest } from "./digest.ts";
import { gatewayRefusal, jsonAnswer, type WholeAnswer } from "./exchange.ts";

export interface CatalogueModel {
  readonly slug: string;
  readonly listed: boolean;
  readonly lite: boolean;
  readonly defaultEffort: string;
  readonly efforts: readonly string[];
  readonly contextWindow: number;
  readonly maxContextWindow: number;
  readonly minimalClientVersion: string;
  readonly defaultVerbosity: string;
  readonly defaultServiceTier: string | null;
  /** `reasoning.effort: "none"` is taken although the catalogue does not list it. */
  readonly takesNoEffort: boolean;
  /** The name in the answer, where it differs from the one asked for. */
  readonly snapshot: string;
}

const toUltra = ["low", "medium", "high", "xhigh", "max", "ultra"];
const toMax = ["low", "medium", "high", "xhigh", "max"];
const toXhigh = ["low", "medium", "high", "xhigh"];

const model = (
  slug: string,
  defaultEffort: string,
  efforts: readonly string[],
  rest: Partial<CatalogueModel> = {},
): CatalogueModel => ({
  slug,
  listed: true,
  lite: true,
  defaultEffort,
  efforts,
  contextWindow: 272_000,
  maxContextWindow: 872_000,
  minimalClientVersion: "0.153.0",
  defaultVerbosity: "low",
  defaultServiceTier: null,
  takesNoEffort: false,
  snapshot: slug,
  ...rest,
});

const older = { minimalClientVersion: "0.144.0" };
const classic = { lite: false, maxContextWindow: 272_000 };

const catalogue: readonly CatalogueModel[] = [
  model("gpt-6.1-sol", "low", toUltra),
  model("gpt-6-astra", "low", toUltra),
  model("gpt-6-sol", "medium", toUltra, { defaultServiceTier: "priority", takesNoEffort: true }),
  model("gpt-6-luna", "medium", toMax, { defaultServiceTier: "priority", takesNoEffort: true }),
  model("gpt-5.6-sol", "low", toUltra, older),
  model("gpt-6.1-terra", "low", toUltra, { contextWindow: 500_000 }),
  model("gpt-5.6-terra", "medium", toUltra, older),
  model("gpt-5.6-luna", "medium", toMax, older),
  model("gpt-daybreak-blue-latest", "low", toUltra, { listed: false }),
  model("gpt-daybreak-red-latest", "medium", toUltra, {
    listed: false,
    contextWindow: 372_000,
    maxContextWindow: 372_000,
    defaultVerbosity: "high",
  }),
  model("gpt-5.5", "medium", toXhigh, { ...classic, minimalClientVersion: "0.124.0" }),
  model("gpt-5.4-mini", "medium", toXhigh, {
    ...classic,
    minimalClientVersion: "0.98.0",
    takesNoEffort: true,
    snapshot: "gpt-5.4-mini-2026-03-17",
  }),
  model("codex-auto-review", "medium", toMax, { listed: false }),
];

/** Names a scenario instead of a model; taken, and never listed. */
export const scenarioModelPrefix = "sim-";

/** The model of that name, or undefined when this account has none. */
export function findModel(slug: string): CatalogueModel | undefined {
  if (slug.startsWith(scenarioModelPrefix)) return model(slug, "medium", toXhigh, classic);
  return catalogue.find((entry) => entry.slug === slug);
}

const wireCatalogue = catalogue.map((entry, index) => toWire(entry, index + 1));

export const modelsEtag = `W/"${digest(JSON.stringify(wireCatalogue)).slice(0, 32)}"`;

/** The answer to `GET /codex/models`: what a client of that version may see. */
export function answerModels(clientVersion: string | null): WholeAnswer {
  if (clientVersion === null || !/^\d+\.\d+\.\d+$/.test(clientVersion)) {
    return gatewayRefusal("Bad Request");
  }
  const models = wireCatalogue.filter(
    (entry) => compareVersions(entry.minimal_client_version, clientVersion) <= 0,
  );
  return jsonAnswer(200, { models }, { etag: modelsEtag });
}

function compareVersions(left: string, right: string): number {
  const parts = (version: string): number[] => version.split(".").map(Number);
  const other = parts(right);
  for (const [index, part] of parts(left).entries()) {
    const difference = part - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function toWire(entry: CatalogueModel, priority: number) {
  return {
    slug: entry.slug,
    prefer_websockets: true,
    support_verbosity: true,
    default_verbosity: entry.defaultVerbosity,
    apply_patch_tool_type: "freeform",
    web_search_tool_type: "text_and_image",
    input_modalities: ["text", "image"],
    supports_image_detail_original: true,
    truncation_policy: { mode: "tokens", limit: 10_000 },
    supports_parallel_tool_calls: true,
    tool_mode: entry.lite ? "code_mode_only" : null,
    multi_agent_version: null,
    multi_agent_reasoning_effort: null,
    use_responses_lite: entry.lite,
    include_skills_usage_instructions: false,
    include_apps_usage_instructions: false,
    include_plugin_usage_instructions: false,
    node_repl_auto_review_required: false,
    node_repl_disabled: false,
    requires_sandboxed_review: false,
    auto_review_model_override: null,
    model_specialty: null,
    context_window: entry.contextWindow,
    max_context_window: entry.maxContextWindow,
    auto_compact_token_limit: null,
    comp_hash: digest(entry.slug).slice(0, 8),
    default_reasoning_summary: "none",
    display_name: entry.slug,
    description: "An entry of the stand-in's catalogue. There is no AI behind it.",
    default_reasoning_level: entry.defaultEffort,
    supported_reasoning_levels: entry.efforts.map((effort) => ({
      effort,
      description: `Effort ${effort}`,
    })),
    shell_type: "shell_command",
    visibility: entry.listed ? "list" : "hide",
    minimal_client_version: entry.minimalClientVersion,
    supported_in_api: true,
    availability_nux: null,
    upgrade: null,
    priority,
    model_messages: null,
    experimental_supported_tools: [],
    available_in_plans: ["plus", "pro", "team", "business", "enterprise", "edu"],
    supports_search_tool: true,
    default_service_tier: entry.defaultServiceTier,
    service_tiers: [{ id: "priority", name: "Fast", description: "Faster, from the same plan" }],
    additional_speed_tiers: [],
    supports_reasoning_summary_parameter: true,
    supports_reasoning_summaries: true,
    base_instructions: "You are a stand-in.",
  };
}
