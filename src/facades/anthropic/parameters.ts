/**
 * What becomes of every parameter of `/v1/messages`: one table, which the decoder obeys and from
 * which `docs/reference/anthropic.md` is made.
 */
import { RelayError } from "../../errors.ts";
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { Change } from "../facade.ts";

/**
 * - translated: read, and expressed in the upstream's words or done by the relay.
 * - disclosed: left out, and named in `x-airelays-ignored-parameters` and in the log.
 * - refused: 400, because leaving it out would change what the answer is.
 */
export type Fate = "translated" | "disclosed" | "refused";

export interface Parameter {
  readonly name: string;
  readonly fate: Fate;
  /** One sentence for the manual, and for the log when it is left out. */
  readonly note: string;
}

const row = (name: string, fate: Fate, note: string): Parameter => ({ name, fate, note });
const noSampling = "The upstream chooses how it samples.";

export const parameters: readonly Parameter[] = [
  row(
    "model",
    "translated",
    "Aliases and effort suffixes are resolved; a `claude-…` name without an alias means `[models] default`.",
  ),
  row("messages", "translated", "Input items in the same order; see below for each block."),
  row(
    "system",
    "translated",
    "Sent as `instructions`; the attribution line of Claude Code is left out, because it would spoil the cache.",
  ),
  row("stream", "translated", "The upstream always streams; a whole answer is folded from it."),
  row("tools", "translated", "Functions, bash, the text editor and the web search; see below."),
  row("tool_choice", "translated", "All four forms, and `disable_parallel_tool_use`."),
  row(
    "thinking",
    "translated",
    "The budget becomes an effort, the nearest one that the model has; see below.",
  ),
  row("output_config", "translated", "`effort` and `format` (`json_schema`)."),
  row("output_format", "translated", "The older name of `output_config.format`."),
  row(
    "stop_sequences",
    "translated",
    "The relay cuts the text there; the upstream knows none and goes on to its end, which counts.",
  ),
  row(
    "metadata",
    "translated",
    "A session id in `user_id` keeps the turns together at the upstream's cache; nothing else of it is sent.",
  ),
  row("speed", "translated", "`fast` is sent as `service_tier: priority`."),
  row("service_tier", "translated", "`auto` and `standard_only` ask for what happens anyway."),
  row("cache_control", "translated", "Accepted everywhere: the upstream caches by itself."),
  row("max_tokens", "disclosed", "The upstream has no limit on the length of an answer."),
  row("temperature", "disclosed", noSampling),
  row("top_p", "disclosed", noSampling),
  row("top_k", "disclosed", noSampling),
  row("context_management", "disclosed", "The client's own list of messages is sent as it is."),
  row("container", "disclosed", "The upstream has no containers."),
  row("mcp_servers", "refused", "The upstream reaches no MCP servers. Let the client call them."),
];

const byName: ReadonlyMap<string, Parameter> = new Map(parameters.map((each) => [each.name, each]));

/** What is left out of the body. Throws `unsupported_parameter` for what is refused. */
export function ignoredParameters(body: JsonObject): Change[] {
  return Object.entries(body).flatMap(([name, value]): Change[] => {
    if (asksNothing(value)) return [];
    const known = byName.get(name);
    if (known === undefined) {
      const reason = "It is no parameter of this route that the relay knows.";
      return [{ kind: "ignored", parameter: name, reason }];
    }
    if (known.fate === "refused") {
      throw new RelayError("unsupported_parameter", `\`${name}\` is not supported: ${known.note}`, {
        param: name,
      });
    }
    return known.fate === "disclosed"
      ? [{ kind: "ignored", parameter: name, reason: known.note }]
      : [];
  });
}

/** What SDKs send for a parameter that was not set. */
function asksNothing(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === "" ||
    (Array.isArray(value) && value.length === 0) ||
    (isJsonObject(value) && Object.keys(value).length === 0)
  );
}
