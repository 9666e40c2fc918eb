/** Content blocks that a person or a tool may send, as parts of input items. */
import type { JsonObject } from "../../protocol/json.ts";
import type { Change } from "../facade.ts";
import {
  asObject,
  invalid,
  optionalArray,
  optionalObject,
  optionalString,
  requiredString,
  shown,
  unsupported,
} from "../fields.ts";

/** The blocks of a content, which may be one text. `path` is the content's own. */
export function blocksOf(content: unknown, path: string): readonly JsonObject[] {
  if (content === undefined || content === null || content === "") return [];
  if (typeof content === "string") return [{ type: "text", text: content }];
  const blocks = optionalArray({ content }, "content", path) ?? [];
  return blocks.map((block, index) => asObject(block, `${path}[${index}]`));
}

/** Parts for one block; none for an empty text. */
export function userParts(block: JsonObject, path: string, changes: Change[]): JsonObject[] {
  switch (block["type"]) {
    case "text":
      return textParts(requiredText(block, path));
    case "image":
      return [imagePart(block, path)];
    case "document":
      return documentParts(block, path, changes);
    case "search_result":
      return textParts(searchResultText(block, path));
    case "tool_reference":
      return textParts(
        `The tool ${optionalString(block, "tool_name", `${path}.tool_name`) ?? ""} is there.`,
      );
    default:
      throw invalid(`${path}.type`, `${shown(block["type"])} is no block that is known here.`);
  }
}

/** Content that has to be text alone. */
export function plainText(content: unknown, path: string): string[] {
  return blocksOf(content, path).map((block, index) => {
    if (block["type"] !== "text") {
      throw invalid(`${path}[${index}].type`, `must be \`text\`; it is ${shown(block["type"])}.`);
    }
    return requiredText(block, `${path}[${index}]`);
  });
}

export function requiredText(block: JsonObject, path: string): string {
  const text = optionalString(block, "text", `${path}.text`);
  if (text === undefined) throw invalid(`${path}.text`, "is required.");
  return text;
}

/** What a tool gave: one text, or parts where there is more in it than text. */
export function toolOutput(block: JsonObject, path: string, changes: Change[]): unknown {
  const content = blocksOf(block["content"], `${path}.content`);
  const parts = content.flatMap((each, index) =>
    userParts(each, `${path}.content[${index}]`, changes),
  );
  // The upstream's results have no flag for it.
  const marked =
    block["is_error"] === true
      ? [{ type: "input_text", text: "[The tool failed.]" }, ...parts]
      : parts;
  const isText = marked.every((part) => part["type"] === "input_text");
  return isText ? marked.map((part) => part["text"]).join("\n") : marked;
}

function textParts(text: string): JsonObject[] {
  return text === "" ? [] : [{ type: "input_text", text }];
}

function sourceOf(block: JsonObject, path: string): JsonObject {
  const source = optionalObject(block, "source", `${path}.source`);
  if (source === undefined) throw invalid(`${path}.source`, "is required.");
  return source;
}

function dataUrl(source: JsonObject, path: string): string {
  const mediaType = requiredString(source, "media_type", `${path}.source.media_type`);
  return `data:${mediaType};base64,${requiredString(source, "data", `${path}.source.data`)}`;
}

function imagePart(block: JsonObject, path: string): JsonObject {
  const source = sourceOf(block, path);
  const type = "input_image";
  const detail = "auto";
  switch (source["type"]) {
    case "base64":
      return { type, image_url: dataUrl(source, path), detail };
    case "url":
      return { type, image_url: requiredString(source, "url", `${path}.source.url`), detail };
    case "file":
      return { type, file_id: requiredString(source, "file_id", `${path}.source.file_id`), detail };
    default:
      throw unsupported(`${path}.source.type`, `${shown(source["type"])} is not supported here.`);
  }
}

function documentParts(block: JsonObject, path: string, changes: Change[]): JsonObject[] {
  const citations = optionalObject(block, "citations", `${path}.citations`);
  if (citations?.["enabled"] === true) {
    const reason = "The upstream cites no places in documents.";
    changes.push({ kind: "ignored", parameter: `${path}.citations`, reason });
  }
  const title = optionalString(block, "title", `${path}.title`) || undefined;
  const context = optionalString(block, "context", `${path}.context`) ?? "";
  return [...textParts(context), ...documentContent(sourceOf(block, path), title, path, changes)];
}

function documentContent(
  source: JsonObject,
  title: string | undefined,
  path: string,
  changes: Change[],
): JsonObject[] {
  const heading = title === undefined ? "" : `${title}\n\n`;
  switch (source["type"]) {
    case "base64":
      return [{ type: "input_file", filename: fileName(title), file_data: dataUrl(source, path) }];
    case "text":
      return textParts(heading + requiredString(source, "data", `${path}.source.data`));
    case "content":
      return [
        ...textParts(heading),
        ...blocksOf(source["content"], `${path}.source.content`).flatMap((each, index) =>
          userParts(each, `${path}.source.content[${index}]`, changes),
        ),
      ];
    case "file":
      return [
        {
          type: "input_file",
          file_id: requiredString(source, "file_id", `${path}.source.file_id`),
        },
      ];
    default:
      throw unsupported(
        `${path}.source.type`,
        `${shown(source["type"])} is not supported: the relay fetches nothing from the network for a client. Send the document itself, as \`base64\` or \`text\`.`,
      );
  }
}

/** The upstream wants a name with an ending. */
function fileName(title: string | undefined): string {
  if (title === undefined) return "document.pdf";
  return /\.\w{1,8}$/.test(title) ? title : `${title}.pdf`;
}

function searchResultText(block: JsonObject, path: string): string {
  const title = optionalString(block, "title", `${path}.title`) ?? "";
  const source = optionalString(block, "source", `${path}.source`) ?? "";
  const texts = plainText(block["content"], `${path}.content`);
  return [`${title} (${source})`, ...texts].join("\n");
}
