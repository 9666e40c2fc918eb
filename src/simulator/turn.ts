/**
 * One answer in the making: its events in order, its response object, its token counts. Ids come from
 * the request body, so the same request gets the same bytes but for the two times.
 */
import type { Clock } from "../scope.ts";
import { account } from "./account.ts";
import { idFrom, uuidFrom } from "./digest.ts";
import { type JsonObject, objectAt, stringAt } from "./json.ts";
import type { CatalogueModel } from "./models.ts";
import { countInput, countText, type InputTokens } from "./usage.ts";

export interface Turn {
  readonly body: JsonObject;
  readonly model: CatalogueModel;
  readonly input: InputTokens;
  /** The last user text, without a directive. */
  readonly text: string;
  /** The text of an event with the next sequence number. */
  event(type: string, fields: JsonObject): string;
  /** The same for a text delta, put together by hand: streams of thousands consist of these. */
  textDelta(itemId: string, outputIndex: number, delta: string): string;
  /** The padding that hides a delta's length; empty when the client asked for none. */
  obfuscation(): { readonly obfuscation?: string };
  nextOutputIndex(): number;
  id(prefix: string, outputIndex: number): string;
  /** Counts a produced text into the usage. */
  count(text: string, kind?: "reasoning"): void;
  countToolUse(tool: "image_gen" | "web_search"): void;
  /** The response object as it stands. */
  snapshot(status: Status, changes?: JsonObject): JsonObject;
}

type Status = "in_progress" | "completed" | "incomplete" | "failed";

export interface TurnOptions {
  readonly body: JsonObject;
  readonly text: string;
  readonly model: CatalogueModel;
  /** Stands for the body in every id. */
  readonly seed: string;
  readonly clock: Clock;
}

const padding = "q7Zk2Lx9Vb4Nw8Rt";

export function createTurn({ body, text, model, seed, clock }: TurnOptions): Turn {
  const input = countInput(body);
  const createdAt = Math.floor(clock.now() / 1000);
  const isPadded = objectAt(body, "stream_options")["include_obfuscation"] !== false;
  const uses = { image_gen: 0, web_search: 0 };
  let sequence = 0;
  let outputIndex = 0;
  let outputTokens = 0;
  let reasoningTokens = 0;

  const pad = (): string => padding.slice(0, 6 + (sequence % 10));
  const usage = () => ({
    input_tokens: input.total,
    input_tokens_details: {
      cached_tokens: input.cached,
      ...(model.lite ? { cache_write_tokens: 0 } : {}),
    },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: input.total + outputTokens,
  });

  return {
    body,
    model,
    input,
    text,
    event(type, fields) {
      const data = JSON.stringify({ type, ...fields, sequence_number: sequence });
      sequence += 1;
      return `event: ${type}\ndata: ${data}\n\n`;
    },
    textDelta(itemId, index, delta) {
      const hidden = isPadded ? `,"obfuscation":"${pad()}"` : "";
      const event = `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","content_index":0,"delta":${JSON.stringify(delta)},"item_id":"${itemId}","logprobs":[]${hidden},"output_index":${index},"sequence_number":${sequence}}\n\n`;
      sequence += 1;
      return event;
    },
    obfuscation: () => (isPadded ? { obfuscation: pad() } : {}),
    nextOutputIndex() {
      outputIndex += 1;
      return outputIndex - 1;
    },
    id: (prefix, index) => idFrom(prefix, seed, String(index)),
    count(produced, kind) {
      const tokens = countText(produced);
      outputTokens += tokens;
      if (kind === "reasoning") reasoningTokens += tokens;
    },
    countToolUse(tool) {
      uses[tool] += 1;
    },
    snapshot(status, changes = {}) {
      const isOver = status !== "in_progress";
      return {
        ...echo(body, model, seed),
        id: idFrom("resp_", seed),
        object: "response",
        created_at: createdAt,
        status,
        background: false,
        completed_at: status === "completed" ? Math.floor(clock.now() / 1000) : null,
        error: null,
        incomplete_details: null,
        // Upstream leaves it empty in the terminal event too: the items are in their own events.
        output: [],
        service_tier: isOver ? "default" : "auto",
        tool_usage: {
          image_gen: {
            input_tokens: 0,
            input_tokens_details: { image_tokens: 0, text_tokens: 0 },
            output_tokens: uses.image_gen,
            output_tokens_details: { image_tokens: uses.image_gen, text_tokens: 0 },
            total_tokens: uses.image_gen,
          },
          web_search: { num_requests: uses.web_search },
        },
        usage: isOver && status !== "failed" ? usage() : null,
        ...changes,
      };
    },
  };
}

/** The part of the response object that repeats the request or is always the same. */
function echo(body: JsonObject, model: CatalogueModel, seed: string): JsonObject {
  const reasoning = objectAt(body, "reasoning");
  const text = objectAt(body, "text");
  const summary = stringAt(reasoning, "summary");
  return {
    frequency_penalty: 0.0,
    instructions: body["instructions"] ?? null,
    max_output_tokens: null,
    max_tool_calls: null,
    model: model.snapshot,
    moderation: null,
    parallel_tool_calls: body["parallel_tool_calls"] ?? true,
    presence_penalty: 0.0,
    previous_response_id: null,
    prompt_cache_key: body["prompt_cache_key"] ?? uuidFrom("cache", seed),
    prompt_cache_retention: "24h",
    reasoning: {
      context: reasoning["context"] ?? "current_turn",
      effort: reasoning["effort"] ?? (model.takesNoEffort ? "none" : model.defaultEffort),
      mode: "standard",
      summary: summary === "auto" ? "detailed" : (summary ?? null),
    },
    safety_identifier: account.userId,
    store: false,
    temperature: 1.0,
    text: { format: formatEcho(text["format"]), verbosity: text["verbosity"] ?? "medium" },
    tool_choice: body["tool_choice"] ?? "auto",
    tools: body["tools"] ?? [],
    top_logprobs: 0,
    top_p: 0.98,
    truncation: "disabled",
    user: null,
    metadata: {},
  };
}

function formatEcho(format: unknown): unknown {
  if (typeof format !== "object" || format === null || !("schema" in format)) {
    return format ?? { type: "text" };
  }
  const { $schema: _, ...schema } = objectAt({ schema: format.schema }, "schema");
  return { description: null, ...format, schema };
}
