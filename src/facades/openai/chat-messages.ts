/** The `messages` of chat completions as `instructions` and input items. */
import type { JsonObject } from "../../protocol/json.ts";
import type { InputItem } from "../../protocol/request.ts";
import {
  asObject,
  invalid,
  optionalArray,
  optionalObject,
  optionalObjects,
  optionalString,
  requiredString,
  unsupported,
} from "../fields.ts";

export interface Conversation {
  /** The system and developer messages before the first other one, joined by a blank line. */
  readonly instructions: string | undefined;
  readonly input: readonly InputItem[];
}

export function decodeMessages(body: JsonObject): Conversation {
  const messages = optionalArray(body, "messages");
  if (messages === undefined || messages.length === 0) {
    throw invalid("messages", "is required: an array with at least one message.");
  }
  const instructions: string[] = [];
  const input: InputItem[] = [];
  messages.forEach((value, index) => {
    const path = `messages[${index}]`;
    const message = asObject(value, path);
    const role = requiredString(message, "role", `${path}.role`);
    if ((role === "system" || role === "developer") && input.length === 0) {
      instructions.push(plainText(message, path));
    } else {
      input.push(...toItems(role, message, path));
    }
  });
  const text = instructions.filter((part) => part !== "").join("\n\n");
  return { instructions: text === "" ? undefined : text, input };
}

function toItems(role: string, message: JsonObject, path: string): InputItem[] {
  switch (role) {
    case "system":
    case "developer":
      // Later ones keep their place; the upstream refuses the role `system` there.
      return [messageItem("developer", [{ type: "input_text", text: plainText(message, path) }])];
    case "user":
      return nonEmpty("user", contentParts(message, path, userPart));
    case "assistant":
      return [...nonEmpty("assistant", assistantParts(message, path)), ...toolCalls(message, path)];
    case "tool":
      return [
        {
          type: "function_call_output",
          call_id: requiredString(message, "tool_call_id", `${path}.tool_call_id`),
          output: plainText(message, path),
        },
      ];
    default:
      throw invalid(
        `${path}.role`,
        `must be system, developer, user, assistant or tool; it is \`${role}\`.`,
      );
  }
}

function messageItem(role: string, content: readonly JsonObject[]): InputItem {
  return { type: "message", role, content };
}

function nonEmpty(role: string, content: readonly JsonObject[]): InputItem[] {
  return content.length === 0 ? [] : [messageItem(role, content)];
}

type PartReader = (part: JsonObject, path: string) => JsonObject;

/** A message's content as parts; text that is empty or null gives none. */
function contentParts(message: JsonObject, path: string, read: PartReader): JsonObject[] {
  const content = message["content"] ?? "";
  if (content === "") return [];
  if (typeof content === "string")
    return [read({ type: "text", text: content }, `${path}.content`)];
  const parts = optionalObjects(message, "content", `${path}.content`) ?? [];
  return parts.map((part, index) => read(part, `${path}.content[${index}]`));
}

const userPart: PartReader = (part, path) => {
  switch (part["type"]) {
    case "text":
    case "input_text":
      return { type: "input_text", text: textOfPart(part, path) };
    case "image_url":
    case "input_image":
      return imagePart(part, path);
    default:
      throw unsupported(`${path}.type`, `\`${String(part["type"])}\` is not supported here.`);
  }
};

function imagePart(part: JsonObject, path: string): JsonObject {
  const given = part["image_url"];
  const nested =
    typeof given === "string"
      ? { url: given, detail: part["detail"] }
      : optionalObject(part, "image_url", `${path}.image_url`);
  if (nested === undefined) throw invalid(`${path}.image_url`, "is required.");
  const detail = optionalString(nested, "detail", `${path}.image_url.detail`);
  return {
    type: "input_image",
    image_url: requiredString(nested, "url", `${path}.image_url.url`),
    detail: detail ?? "auto",
  };
}

function assistantParts(message: JsonObject, path: string): JsonObject[] {
  const parts = contentParts(message, path, (part, place) => {
    if (part["type"] === "refusal") {
      return { type: "refusal", refusal: requiredString(part, "refusal", `${place}.refusal`) };
    }
    if (isTextPart(part)) return { type: "output_text", text: textOfPart(part, place) };
    throw unsupported(`${place}.type`, `\`${String(part["type"])}\` is not supported here.`);
  });
  const refusal = optionalString(message, "refusal", `${path}.refusal`);
  return refusal === undefined || refusal === "" ? parts : [...parts, { type: "refusal", refusal }];
}

function toolCalls(message: JsonObject, path: string): InputItem[] {
  const calls = optionalObjects(message, "tool_calls", `${path}.tool_calls`) ?? [];
  return calls.map((call, index) => {
    const place = `${path}.tool_calls[${index}]`;
    const called = optionalObject(call, "function", `${place}.function`);
    if (called === undefined) {
      throw unsupported(`${place}.type`, "must be `function` with a `function` object.");
    }
    return {
      type: "function_call",
      call_id: requiredString(call, "id", `${place}.id`),
      name: requiredString(called, "name", `${place}.function.name`),
      arguments: optionalString(called, "arguments", `${place}.function.arguments`) ?? "{}",
    };
  });
}

/** Content that has to be text alone: instructions and tool results. */
function plainText(message: JsonObject, path: string): string {
  const parts = contentParts(message, path, (part, place) => {
    if (isTextPart(part)) return { text: textOfPart(part, place) };
    throw unsupported(
      `${place}.type`,
      `\`${String(part["type"])}\` is not supported in a ${String(message["role"])} message.`,
    );
  });
  return parts.map((part) => part["text"]).join("\n");
}

function isTextPart(part: JsonObject): boolean {
  return part["type"] === "text" || part["type"] === "input_text" || part["type"] === "output_text";
}

function textOfPart(part: JsonObject, path: string): string {
  const text = optionalString(part, "text", `${path}.text`);
  if (text === undefined) throw invalid(`${path}.text`, "is required.");
  return text;
}
