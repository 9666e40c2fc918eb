/**
 * Reads the answer of any of the relay's dialects as it comes: its events, the text in them, and
 * whether it came to its end. Pure; knows the dialects by what they send.
 */
import { asString, isJsonObject, type JsonObject, parseJson } from "../../protocol/json.ts";

export interface AnswerReader {
  /** The events that are complete now. */
  read(text: string): readonly JsonObject[];
  /** What a last line without its break holds. */
  rest(): readonly JsonObject[];
  /** An event, or a marker, said that the answer is whole. */
  readonly isWhole: boolean;
}

/** Server-sent events, or JSON lines as Ollama sends them. */
export function createAnswerReader(): AnswerReader {
  let pending = "";
  let isWhole = false;
  const toEvents = (line: string): JsonObject[] => {
    const data = line.replace(/^data: ?/, "").trim();
    if (data === "[DONE]") isWhole = true;
    const event = data.startsWith("{") ? parseJson(data) : undefined;
    if (!isJsonObject(event)) return [];
    isWhole ||= isLast(event);
    return [event];
  };
  return {
    read(text) {
      const lines = (pending + text).split("\n");
      pending = lines.pop() ?? "";
      return lines.flatMap(toEvents);
    },
    rest() {
      const last = pending;
      pending = "";
      return toEvents(last);
    },
    get isWhole() {
      return isWhole;
    },
  };
}

function isLast({ type, done }: JsonObject): boolean {
  return (
    type === "response.completed" ||
    type === "response.incomplete" ||
    type === "message_stop" ||
    done === true
  );
}

/** The text that an event brings. */
export function textOfEvent(event: JsonObject): string {
  const { type, delta } = event;
  if (type === "response.output_text.delta" || type === "response.refusal.delta") {
    return asString(delta) ?? "";
  }
  if (type === "content_block_delta" && isJsonObject(delta)) return asString(delta["text"]) ?? "";
  return textOfChoice(event, "delta") || textOfOllama(event);
}

/** The text of an answer that came whole. */
export function textOfAnswer(answer: JsonObject): string {
  const { output, content } = answer;
  const items = Array.isArray(output) ? output.filter(isJsonObject) : [];
  const parts = items.flatMap((item) => partsOf(item["content"]));
  return (
    [...parts, ...partsOf(content)].map(({ text }) => asString(text) ?? "").join("") ||
    textOfChoice(answer, "message") ||
    textOfOllama(answer)
  );
}

/** Why the answer failed, when an event or an answer says so. */
export function failureIn({ type, error, response, message }: JsonObject): string | undefined {
  if (type === "error" && typeof message === "string") return message;
  const nested = isJsonObject(response) ? response["error"] : undefined;
  const told = error ?? (type === "response.failed" ? nested : undefined);
  if (told === undefined || told === null) return undefined;
  return isJsonObject(told) ? (asString(told["message"]) ?? JSON.stringify(told)) : String(told);
}

function partsOf(content: unknown): JsonObject[] {
  return Array.isArray(content) ? content.filter(isJsonObject) : [];
}

function textOfChoice({ choices }: JsonObject, key: "delta" | "message"): string {
  const [choice] = Array.isArray(choices) ? choices.filter(isJsonObject) : [];
  if (choice === undefined) return "";
  const part = choice[key];
  const text = isJsonObject(part) ? asString(part["content"]) : undefined;
  return text ?? asString(choice["text"]) ?? "";
}

function textOfOllama({ message, response }: JsonObject): string {
  const text = isJsonObject(message) ? asString(message["content"]) : undefined;
  return text ?? asString(response) ?? "";
}
