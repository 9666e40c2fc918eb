/**
 * A kept item in the shape in which OpenAI lists one: with an id, and with what its schema requires
 * and clients leave out. Only for lists; what is sent to the upstream is the item as it was kept.
 */
import { isJsonObject, type JsonObject } from "../protocol/json.ts";
import { itemType, type StoredItem } from "../protocol/stored-item.ts";

type Resource = JsonObject & { readonly id: string };

const withStatus: ReadonlySet<string> = new Set([
  "message",
  "function_call",
  "function_call_output",
  "custom_tool_call",
  "custom_tool_call_output",
]);

export function toItemResource({ id, item }: StoredItem): Resource {
  const type = itemType(item);
  const status = withStatus.has(type) ? { status: item["status"] ?? "completed" } : {};
  const content = type === "message" ? { content: toContent(item) } : {};
  return { ...item, type, id, ...status, ...content };
}

function toContent({ role, content }: JsonObject): unknown {
  const parts = typeof content === "string" ? [{ type: textType(role), text: content }] : content;
  return Array.isArray(parts) ? parts.map(toPart) : parts;
}

function textType(role: unknown): string {
  return role === "assistant" ? "output_text" : "input_text";
}

function toPart(part: unknown): unknown {
  if (!isJsonObject(part)) return part;
  switch (part["type"]) {
    case "output_text":
      return { annotations: [], logprobs: [], ...part };
    case "input_image":
      return { detail: "auto", ...part };
    default:
      return part;
  }
}
