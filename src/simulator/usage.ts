/** Token counts, made from lengths: four characters are a token. They add up; they mean nothing. */
import { isObject, type JsonObject } from "./json.ts";

const charactersPerToken = 4;
const tokensPerFile = 85;
const files = ["input_image", "input_file", "input_audio"];
/** Upstream counts cached input in steps of this size. */
const cacheStep = 128;

export interface InputTokens {
  readonly total: number;
  readonly cached: number;
}

/** The tokens of a text. */
export function countText(text: string): number {
  return Math.ceil(text.length / charactersPerToken);
}

/**
 * The tokens of the request. With a `prompt_cache_key`, everything up to the last answer of the model
 * counts as cached: that part was sent before.
 */
export function countInput(body: JsonObject): InputTokens {
  const items: readonly unknown[] = Array.isArray(body["input"]) ? body["input"] : [];
  const before = countValue(body["instructions"]) + countValue(body["tools"]);
  const counts = items.map(countValue);
  const lastAnswer = items.findLastIndex(isAnswer);
  const sum = (numbers: readonly number[]): number =>
    numbers.reduce((total, one) => total + one, 0);
  const known = lastAnswer < 0 ? 0 : before + sum(counts.slice(0, lastAnswer + 1));
  const cached = typeof body["prompt_cache_key"] === "string" ? known : 0;
  return {
    total: Math.max(1, before + sum(counts)),
    cached: Math.floor(cached / cacheStep) * cacheStep,
  };
}

function isAnswer(item: unknown): boolean {
  if (!isObject(item)) return false;
  const answers = ["function_call", "custom_tool_call", "reasoning"];
  return item["role"] === "assistant" || answers.some((type) => type === item["type"]);
}

function countValue(value: unknown): number {
  if (typeof value === "string") return countText(value);
  if (Array.isArray(value)) return value.reduce<number>((total, one) => total + countValue(one), 0);
  if (!isObject(value)) return 0;
  if (files.some((type) => type === value["type"])) return tokensPerFile;
  return countValue(Object.values(value));
}
