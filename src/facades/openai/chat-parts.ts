/** The content of one chat message as parts of an input item. */
import { asString, type JsonObject } from "../../protocol/json.ts";
import {
  invalid,
  optionalObject,
  optionalObjects,
  optionalString,
  requiredString,
  shown,
  unsupported,
} from "../fields.ts";

type PartReader = (part: JsonObject, path: string) => JsonObject;

/** A message's content as parts; text that is empty or null gives none. */
export function contentParts(message: JsonObject, path: string, read: PartReader): JsonObject[] {
  const content = message["content"] ?? "";
  if (content === "") return [];
  if (typeof content === "string")
    return [read({ type: "text", text: content }, `${path}.content`)];
  const parts = optionalObjects(message, "content", `${path}.content`) ?? [];
  return parts.map((part, index) => read(part, `${path}.content[${index}]`));
}

/** What a person may send: text, images and files. */
export const userPart: PartReader = (part, path) => {
  switch (part["type"]) {
    case "text":
    case "input_text":
    case "output_text":
      return { type: "input_text", text: textOfPart(part, path) };
    case "image_url":
    case "input_image":
      return imagePart(part, path);
    case "file":
    case "input_file":
      return filePart(part, path);
    default:
      throw unsupported(`${path}.type`, `${shown(part["type"])} is not supported here.`);
  }
};

/** What the assistant has said: text and refusals. */
export const assistantPart: PartReader = (part, path) => {
  if (part["type"] === "refusal") {
    return { type: "refusal", refusal: requiredString(part, "refusal", `${path}.refusal`) };
  }
  if (isTextPart(part)) return { type: "output_text", text: textOfPart(part, path) };
  throw unsupported(`${path}.type`, `${shown(part["type"])} is not supported here.`);
};

/** Content that has to be text alone: instructions. */
export function plainText(message: JsonObject, path: string): string {
  const parts = contentParts(message, path, (part, place) => {
    if (isTextPart(part)) return { text: textOfPart(part, place) };
    throw unsupported(
      `${place}.type`,
      `${shown(part["type"])} is not supported in a ${asString(message["role"])} message.`,
    );
  });
  return parts.map((part) => part["text"]).join("\n");
}

/** A tool's result: text, or parts when it has images or files in it. */
export function toolOutput(message: JsonObject, path: string): unknown {
  const parts = contentParts(message, path, userPart);
  const isText = parts.every((part) => part["type"] === "input_text");
  return isText ? parts.map((part) => part["text"]).join("\n") : parts;
}

/** `image_url` as an object or a string, or the id of an uploaded file. */
function imagePart(part: JsonObject, path: string): JsonObject {
  const given = part["image_url"] ?? undefined;
  const nested =
    typeof given === "string"
      ? { url: given }
      : (optionalObject(part, "image_url", `${path}.image_url`) ?? {});
  const detail =
    optionalString(nested, "detail", `${path}.image_url.detail`) ??
    optionalString(part, "detail", `${path}.detail`) ??
    "auto";
  const fileId =
    optionalString(part, "file_id", `${path}.file_id`) ??
    optionalString(nested, "file_id", `${path}.image_url.file_id`);
  if (fileId !== undefined) return { type: "input_image", file_id: fileId, detail };
  if (given === undefined) throw invalid(`${path}.image_url`, "is required.");
  const url = requiredString(nested, "url", `${path}.image_url.url`);
  return { type: "input_image", image_url: url, detail };
}

/** OpenAI nests the file on chat (`{file: {file_id}}`); the Responses form is flat. */
function filePart(part: JsonObject, path: string): JsonObject {
  const nested = optionalObject(part, "file", `${path}.file`);
  const place = nested === undefined ? path : `${path}.file`;
  const file = nested ?? part;
  const fields = ["file_id", "file_data", "filename", "file_url"].flatMap((key) => {
    const value = optionalString(file, key, `${place}.${key}`);
    return value === undefined ? [] : [[key, value] as const];
  });
  if (fields.every(([key]) => key === "filename")) {
    throw invalid(place, "must have `file_id`, or `file_data` with `filename`.");
  }
  return { type: "input_file", ...Object.fromEntries(fields) };
}

function isTextPart(part: JsonObject): boolean {
  return part["type"] === "text" || part["type"] === "input_text" || part["type"] === "output_text";
}

function textOfPart(part: JsonObject, path: string): string {
  const text = optionalString(part, "text", `${path}.text`);
  if (text === undefined) throw invalid(`${path}.text`, "is required.");
  return text;
}
