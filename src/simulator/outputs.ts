/** The events of each kind of output item: message, refusal, reasoning, call, image, search. */
import { digest } from "./digest.ts";
import { marked } from "./marker.ts";
import type { DeclaredTool } from "./tool-checks.ts";
import type { Turn } from "./turn.ts";

export type Events = Generator<string, void, undefined>;

/** A word with the space after it, never longer than 32 characters, never half a character. */
const word = /\S{1,32}\s*|\s+/gu;
const snippet = /[\s\S]{1,8}/gu;

function* pieces(text: string, form: RegExp): Generator<string> {
  for (const [piece] of text.matchAll(form)) yield piece;
}

export interface MessageOptions {
  readonly deltas?: Iterable<string>;
  readonly annotations?: readonly unknown[];
  readonly status?: "completed" | "incomplete";
}

/** An assistant message of one text part. */
export function* messageEvents(turn: Turn, text: string, options: MessageOptions = {}): Events {
  const { deltas = pieces(text, word), annotations = [], status = "completed" } = options;
  const output_index = turn.nextOutputIndex();
  const item_id = turn.id("msg_", output_index);
  const at = { item_id, output_index };
  const part = (shown: string, notes: readonly unknown[]) => ({
    type: "output_text",
    annotations: notes,
    logprobs: [],
    text: shown,
  });
  yield turn.event("response.output_item.added", {
    item: message(item_id, "in_progress", []),
    output_index,
  });
  yield turn.event("response.content_part.added", { content_index: 0, ...at, part: part("", []) });
  let told = "";
  for (const delta of deltas) {
    told += delta;
    yield turn.textDelta(item_id, output_index, delta);
  }
  turn.count(told);
  for (const [annotation_index, annotation] of annotations.entries()) {
    yield turn.event("response.output_text.annotation.added", {
      annotation,
      annotation_index,
      content_index: 0,
      ...at,
    });
  }
  yield turn.event("response.output_text.done", {
    content_index: 0,
    ...at,
    logprobs: [],
    text: told,
  });
  const whole = part(told, annotations);
  yield turn.event("response.content_part.done", { content_index: 0, ...at, part: whole });
  yield turn.event("response.output_item.done", {
    item: message(item_id, status, [whole]),
    output_index,
  });
}

/** A message that is a refusal. */
export function* refusalEvents(turn: Turn, refusal: string): Events {
  const output_index = turn.nextOutputIndex();
  const item_id = turn.id("msg_", output_index);
  const at = { content_index: 0, item_id, output_index };
  const part = { type: "refusal", refusal };
  yield turn.event("response.output_item.added", {
    item: message(item_id, "in_progress", []),
    output_index,
  });
  yield turn.event("response.content_part.added", {
    ...at,
    part: { type: "refusal", refusal: "" },
  });
  for (const delta of pieces(refusal, word)) {
    yield turn.event("response.refusal.delta", { ...at, delta, ...turn.obfuscation() });
  }
  turn.count(refusal);
  yield turn.event("response.refusal.done", { ...at, refusal });
  yield turn.event("response.content_part.done", { ...at, part });
  yield turn.event("response.output_item.done", {
    item: message(item_id, "completed", [part]),
    output_index,
  });
}

function message(id: string, status: string, content: readonly unknown[]) {
  return { id, type: "message", status, content, phase: "final_answer", role: "assistant" };
}

/** A reasoning item with its summary parts; the sealed content only where `include` asks for it. */
export function* reasoningEvents(turn: Turn, summaries: readonly string[]): Events {
  const output_index = turn.nextOutputIndex();
  const item_id = turn.id("rs_", output_index);
  const include = turn.body["include"];
  const isSealed = Array.isArray(include) && include.includes("reasoning.encrypted_content");
  const item = (state: string, summary: readonly unknown[]) => ({
    id: item_id,
    type: "reasoning",
    content: [],
    // Changes between `added` and `done`, as it does upstream.
    ...(isSealed ? { encrypted_content: sealed(item_id, state) } : {}),
    summary,
  });
  yield turn.event("response.output_item.added", { item: item("added", []), output_index });
  for (const [summary_index, text] of summaries.entries()) {
    const at = { item_id, output_index, summary_index };
    const part = (shown: string) => ({ type: "summary_text", text: shown });
    yield turn.event("response.reasoning_summary_part.added", { ...at, part: part("") });
    for (const delta of pieces(text, word)) {
      yield turn.event("response.reasoning_summary_text.delta", {
        ...at,
        delta,
        ...turn.obfuscation(),
      });
    }
    yield turn.event("response.reasoning_summary_text.done", { ...at, text });
    yield turn.event("response.reasoning_summary_part.done", { ...at, part: part(text) });
    turn.count(text, "reasoning");
  }
  const summary = summaries.map((text) => ({ type: "summary_text", text }));
  yield turn.event("response.output_item.done", { item: item("done", summary), output_index });
}

/** Looks like what upstream seals its reasoning into, and holds nothing. */
export function sealed(...seed: readonly string[]): string {
  const hex = digest("sealed", ...seed).repeat(6);
  return `gAAAAAB${Buffer.from(hex, "hex").toString("base64url")}`;
}

/** A call of a function or custom tool; its arguments come in several deltas. */
export function* callEvents(turn: Turn, tool: DeclaredTool, argument: string): Events {
  const isFunction = tool.type === "function";
  const output_index = turn.nextOutputIndex();
  const item_id = turn.id(isFunction ? "fc_" : "ctc_", output_index);
  const field = isFunction ? "arguments" : "input";
  const kind = isFunction ? "function_call_arguments" : "custom_tool_call_input";
  const item = (status: string, value: string) => ({
    id: item_id,
    type: isFunction ? "function_call" : "custom_tool_call",
    status,
    [field]: value,
    call_id: turn.id("call_", output_index).slice(0, 29),
    name: tool.name,
    ...(tool.namespace === undefined ? {} : { namespace: tool.namespace }),
  });
  yield turn.event("response.output_item.added", { item: item("in_progress", ""), output_index });
  for (const delta of pieces(argument, snippet)) {
    yield turn.event(`response.${kind}.delta`, {
      delta,
      item_id,
      ...turn.obfuscation(),
      output_index,
    });
  }
  turn.count(argument);
  yield turn.event(`response.${kind}.done`, { [field]: argument, item_id, output_index });
  yield turn.event("response.output_item.done", {
    item: item("completed", argument),
    output_index,
  });
}

/** One pixel, transparent. */
const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/** An image of one pixel. */
export function* imageEvents(turn: Turn): Events {
  const output_index = turn.nextOutputIndex();
  const item_id = turn.id("ig_", output_index);
  const at = { item_id, output_index };
  turn.countToolUse("image_gen");
  yield turn.event("response.output_item.added", {
    item: { id: item_id, type: "image_generation_call", status: "in_progress" },
    output_index,
  });
  yield turn.event("response.image_generation_call.in_progress", at);
  yield turn.event("response.image_generation_call.generating", at);
  yield turn.event("response.image_generation_call.partial_image", {
    ...at,
    output_format: "png",
    partial_image_b64: png,
    partial_image_index: 0,
  });
  yield turn.event("response.image_generation_call.completed", at);
  yield turn.event("response.output_item.done", {
    item: {
      id: item_id,
      type: "image_generation_call",
      status: "completed",
      background: "opaque",
      output_format: "png",
      quality: "low",
      result: png,
      revised_prompt: marked(turn.text),
      size: "1x1",
    },
    output_index,
  });
}

/** A web search that asked nobody. */
export function* searchEvents(turn: Turn): Events {
  const output_index = turn.nextOutputIndex();
  const item_id = turn.id("ws_", output_index);
  const at = { item_id, output_index };
  turn.countToolUse("web_search");
  yield turn.event("response.output_item.added", {
    item: { id: item_id, type: "web_search_call", status: "in_progress" },
    output_index,
  });
  yield turn.event("response.web_search_call.in_progress", at);
  yield turn.event("response.web_search_call.searching", at);
  yield turn.event("response.web_search_call.completed", at);
  yield turn.event("response.output_item.done", {
    item: {
      id: item_id,
      type: "web_search_call",
      status: "completed",
      action: { type: "search", query: turn.text, queries: [turn.text] },
    },
    output_index,
  });
}
