/** An answer in Ollama's words: what its streamed lines and the whole one share. */
import type { ResponseSnapshot } from "../../protocol/events.ts";
import { toOutputItem } from "../../protocol/items.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { Stamp } from "../facade.ts";
import type { OllamaOptions } from "./settings.ts";
import { type ToolCall, toToolCall } from "./tools.ts";

/** A piece of the answer, or all of it. */
export interface Said {
  readonly text: string;
  readonly thinking?: string;
  readonly calls?: readonly ToolCall[];
}

/** Where a dialect's lines have what was said. */
export type Place = (said: Said) => JsonObject;

export const inMessage: Place = ({ text, thinking, calls }) => ({
  message: {
    role: "assistant",
    content: text,
    ...(thinking === undefined ? {} : { thinking }),
    ...(calls === undefined ? {} : { tool_calls: calls }),
  },
});

/** A generated text has no place for calls, and its request none for tools. */
export const inResponse: Place = ({ text, thinking }) => ({
  response: text,
  ...(thinking === undefined ? {} : { thinking }),
});

export function identity({ model }: OllamaOptions, { created }: Stamp): JsonObject {
  return { model, created_at: new Date(created * 1000).toISOString() };
}

/** Between the parts of a reasoning summary, streamed and whole. */
export const thoughtGap = "\n\n";

export function toSaid({ output }: ResponseSnapshot): Said {
  const items = output.map(toOutputItem);
  const texts = items.flatMap((item) =>
    item.type === "message" ? item.content.map(({ text, refusal }) => text ?? refusal ?? "") : [],
  );
  const thoughts = items.flatMap((item) =>
    item.type === "reasoning" ? item.summary.flatMap(({ text }) => text || []) : [],
  );
  const calls = items
    .flatMap((item) => (item.type === "function_call" ? item : []))
    .map(toToolCall);
  return {
    text: texts.join(""),
    ...(thoughts.length === 0 ? {} : { thinking: thoughts.join(thoughtGap) }),
    ...(calls.length === 0 ? {} : { calls }),
  };
}

/** The fields of the last line: why the answer ended, how long it took and what it cost. */
export function toEnding(
  { status, incomplete_details, usage }: ResponseSnapshot,
  { doneReason }: OllamaOptions,
  stamp: Stamp,
): JsonObject {
  if (doneReason !== undefined) return { done: true, done_reason: doneReason };
  const { firstOutputMs, totalMs } = stamp.elapsed();
  return {
    done: true,
    done_reason: status === "incomplete" ? cutReason(incomplete_details?.reason) : "stop",
    total_duration: nanoseconds(totalMs),
    load_duration: 0,
    // A count that the upstream did not tell is not made up.
    ...(usage ? { prompt_eval_count: usage.input_tokens } : {}),
    prompt_eval_duration: nanoseconds(firstOutputMs),
    ...(usage ? { eval_count: usage.output_tokens } : {}),
    eval_duration: nanoseconds(Math.max(0, totalMs - firstOutputMs)),
  };
}

/** Ollama has no word for an answer that was withheld, and `stop` would say that it is whole. */
function cutReason(reason: string | undefined): string {
  return reason === "content_filter" ? reason : "length";
}

function nanoseconds(ms: number): number {
  return Math.round(ms * 1_000_000);
}
