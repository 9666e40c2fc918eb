/** The answer of the upstream, a line for each thing in it. Pure. */
import { asString, isJsonObject, type JsonObject } from "../../protocol/json.ts";

interface AnswerLine {
  readonly label: string;
  readonly text: string;
}

/** A Responses object as far as it got; nothing for anything else. */
export function formatAnswer(body: unknown): readonly AnswerLine[] {
  if (!isJsonObject(body) || !Array.isArray(body["output"])) return [];
  return body["output"].filter(isJsonObject).map(toLine);
}

function toLine(item: JsonObject): AnswerLine {
  const type = asString(item["type"]) ?? "item";
  switch (type) {
    case "message":
      return { label: "text", text: textOf(item["content"]) };
    case "reasoning":
      return { label: "reasoning", text: textOf(item["summary"]) || "sealed" };
    case "function_call":
      return {
        label: "call",
        text: `${asString(item["name"]) ?? "?"}(${asString(item["arguments"]) ?? ""})`,
      };
    default:
      return { label: type, text: JSON.stringify(item) };
  }
}

function textOf(parts: unknown): string {
  if (!Array.isArray(parts)) return "";
  return parts
    .filter(isJsonObject)
    .map((part) => asString(part["text"]) ?? asString(part["refusal"]) ?? "")
    .join("");
}
