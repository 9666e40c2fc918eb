/**
 * Puts the content of files in the place of their ids, because the upstream knows no ids of ours:
 * images and PDFs as data URLs, text as text. Reads each file once a request, copies nothing that
 * stays as it is.
 */
import { RelayError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../protocol/json.ts";
import type { InputItem } from "../protocol/request.ts";
import type { FileRecord } from "../storage/file-record.ts";
import type { FileStore } from "../storage/files.ts";
import { guessMediaType, isTextLike, mediaTypeOf } from "./media-types.ts";

export interface FileParts {
  /** The item with its files in it. `path` names it in errors: `input[3]`. */
  inline(item: InputItem, path: string): Promise<InputItem>;
}

/** A text larger than this fills most context windows; it is refused rather than cut. */
const maxTextBytes = 1_000_000;
/** All files of one request, each as often as it is named: the request is held in memory. */
const maxRequestBytes = 64 * 1024 * 1024;

interface LoadedFile extends FileRecord {
  readonly mediaType: string;
  readonly content: Buffer;
  /** Made on first use and then shared: it is a third longer than the file. */
  dataUrl(): string;
}

/** For one request. */
export function createFileParts(files: Pick<FileStore, "find" | "read">): FileParts {
  const loaded = new Map<string, Promise<LoadedFile | undefined>>();
  let total = 0;

  const load = async (id: string): Promise<LoadedFile | undefined> => {
    const record = await files.find(id);
    const content = record === undefined ? undefined : await files.read(id);
    if (record === undefined || content === undefined) return undefined;
    const mediaType = mediaTypeOf(record.contentType, record.filename);
    let url: string | undefined;
    const dataUrl = (): string => {
      url ??= `data:${mediaType};base64,${content.toString("base64")}`;
      return url;
    };
    return { ...record, mediaType, content, dataUrl };
  };
  const fileOf = async (id: string, param: string): Promise<LoadedFile> => {
    const pending = loaded.get(id) ?? load(id);
    loaded.set(id, pending);
    const file = await pending;
    if (file === undefined) {
      throw invalid(
        param,
        `names a file that is not kept here: \`${shorten(id)}\`. Upload it with POST /v1/files.`,
      );
    }
    total += file.bytes;
    if (total > maxRequestBytes) {
      throw new RelayError(
        "request_too_large",
        `The files of this request are larger than ${maxRequestBytes} bytes together.`,
        { param },
      );
    }
    return file;
  };

  const inlinePart = async (part: JsonObject, path: string): Promise<JsonObject> => {
    if (part["type"] === "input_image") {
      const id = textAt(part, "file_id", path);
      if (id === undefined) return part;
      return toImagePart(part, await fileOf(id, `${path}.file_id`), path);
    }
    if (part["type"] !== "input_file") return part;
    const id = textAt(part, "file_id", path);
    const data = textAt(part, "file_data", path);
    if (textAt(part, "file_url", path) !== undefined) {
      throw new RelayError(
        "unsupported_parameter",
        `\`${path}.file_url\` is not supported: the relay fetches nothing from the network for a client. Upload the file with POST /v1/files and send its \`file_id\`.`,
        { param: `${path}.file_url` },
      );
    }
    if (id === undefined) return data === undefined ? part : withDataUrl(part, data, path);
    if (data !== undefined) throw invalid(path, "takes `file_id` or `file_data`, not both.");
    return toFilePart(part, await fileOf(id, `${path}.file_id`), path);
  };

  const inlineParts = async (value: unknown, path: string): Promise<unknown> => {
    if (!Array.isArray(value)) return value;
    const parts: unknown[] = [];
    // One after the other: the sum is checked before the next file is read.
    for (const [index, part] of value.entries()) {
      parts.push(isJsonObject(part) ? await inlinePart(part, `${path}[${index}]`) : part);
    }
    return parts.every((part, index) => part === value[index]) ? value : parts;
  };

  return {
    async inline(item, path) {
      let changed = item;
      // Messages have parts in `content`, the outputs of tools in `output`.
      for (const key of ["content", "output"]) {
        const parts = await inlineParts(item[key], `${path}.${key}`);
        if (parts !== item[key]) changed = { ...changed, [key]: parts };
      }
      return changed;
    },
  };
}

/** Most items name none; of a long conversation, each wait for nothing would count. */
export function namesFiles(item: InputItem): boolean {
  return hasFileParts(item["content"]) || hasFileParts(item["output"]);
}

function hasFileParts(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  return value.some(
    (part) =>
      isJsonObject(part) && (part["type"] === "input_image" || part["type"] === "input_file"),
  );
}

function toImagePart(part: JsonObject, file: LoadedFile, path: string): JsonObject {
  if (!file.mediaType.startsWith("image/")) {
    throw invalid(
      `${path}.file_id`,
      `must name an image; \`${file.filename}\` is \`${file.mediaType}\`.`,
    );
  }
  const { detail } = part;
  return { type: "input_image", image_url: file.dataUrl(), detail: detail ?? "auto" };
}

function toFilePart(part: JsonObject, file: LoadedFile, path: string): JsonObject {
  const { mediaType, filename, content } = file;
  if (mediaType.startsWith("image/")) return toImagePart({}, file, path);
  if (mediaType === "application/pdf") {
    const { file_id: _id, file_data: _data, file_url: _url, ...rest } = part;
    return { ...rest, filename: rest["filename"] ?? filename, file_data: file.dataUrl() };
  }
  if (!isTextLike(mediaType)) {
    throw invalid(
      `${path}.file_id`,
      `names \`${filename}\`, which is \`${mediaType}\`. The upstream takes text, images and PDF; convert it to one of these.`,
    );
  }
  if (content.length > maxTextBytes) {
    throw invalid(
      `${path}.file_id`,
      `names \`${filename}\`, a text of ${content.length} bytes; at most ${maxTextBytes} can be sent. Split it.`,
    );
  }
  return {
    type: "input_text",
    text: `File: ${filename} (${mediaType})\n\n${content.toString("utf8")}`,
  };
}

/** Bare base64 as a data URL, its type taken from the name; a data URL stays as it is. */
function withDataUrl(part: JsonObject, data: string, path: string): JsonObject {
  if (/^data:/i.test(data.slice(0, 5))) return part;
  const filename = textAt(part, "filename", path);
  if (filename === undefined) {
    throw invalid(`${path}.filename`, "is required with bare base64 in `file_data`.");
  }
  const mediaType = guessMediaType(filename);
  if (mediaType === undefined) {
    throw invalid(
      `${path}.filename`,
      `does not tell the type of the file: \`${shorten(filename)}\`. Send \`file_data\` as a data URL.`,
    );
  }
  if (/[^A-Za-z0-9+/\-_=\s]/.test(data)) {
    throw invalid(`${path}.file_data`, "must be base64 or a data URL.");
  }
  return { ...part, file_data: `data:${mediaType};base64,${data}` };
}

/** A text of the part. Null and the empty text mean that there is none. */
function textAt(part: JsonObject, key: string, path: string): string | undefined {
  const value = part[key] ?? "";
  if (typeof value !== "string") throw invalid(`${path}.${key}`, "must be a string.");
  return value === "" ? undefined : value;
}

function invalid(param: string, problem: string): RelayError {
  return new RelayError("invalid_request", `\`${param}\` ${problem}`, { param });
}

/** A client's text in a message: bounded, and nothing in it that a terminal would act upon. */
function shorten(text: string): string {
  return text.slice(0, 80).replaceAll(/[^\x20-\x7e]/g, "?");
}
