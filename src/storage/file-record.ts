/**
 * What is known of an uploaded file besides its bytes, and how that is written down. The client's
 * name for the file is kept here and nowhere else: it never becomes part of a path.
 */
import { isJsonObject, parseJson } from "../protocol/json.ts";

/** What the client says of a file that it uploads. */
export interface FileFacts {
  readonly filename: string;
  readonly contentType: string;
  readonly purpose: string;
  readonly expiresAfterSeconds?: number;
}

export interface FileRecord {
  readonly id: string;
  readonly filename: string;
  readonly contentType: string;
  readonly purpose: string;
  readonly bytes: number;
  /** Milliseconds, so that files of one second keep their order. */
  readonly createdAt: number;
  readonly expiresAt?: number;
}

/** Matched before any path is made of an id. */
export function isFileId(id: string): boolean {
  return /^file_[0-9a-f]{32}$/.test(id);
}

/** The facts as a record, with what could do harm in a header, a log or a data URL taken out. */
export function toFileRecord(
  id: string,
  bytes: number,
  createdAt: number,
  { filename, contentType, purpose, expiresAfterSeconds }: FileFacts,
): FileRecord {
  const clean = filename.replaceAll(/\p{Cc}|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}/gu, "");
  // By characters: half of one would be no text.
  const name = [...clean].slice(0, 255).join("");
  const type = contentType.trim().toLowerCase();
  return {
    id,
    filename: name.trim() === "" ? "upload.bin" : name,
    contentType: /^[a-z0-9.+-]+\/[a-z0-9.+-]+$/.test(type) ? type : "application/octet-stream",
    purpose,
    bytes,
    createdAt,
    ...(expiresAfterSeconds === undefined
      ? {}
      : { expiresAt: createdAt + expiresAfterSeconds * 1000 }),
  };
}

export function formatFileRecord(record: FileRecord): string {
  return JSON.stringify({ version: 1, ...record });
}

/** The record in a text, or undefined when it is damaged or another file's. */
export function parseFileRecord(id: string, text: string): FileRecord | undefined {
  const value = parseJson(text);
  if (!isJsonObject(value) || value["id"] !== id) return undefined;
  const { filename, contentType, purpose, bytes, createdAt, expiresAt } = value;
  if (
    typeof filename !== "string" ||
    typeof contentType !== "string" ||
    typeof purpose !== "string" ||
    typeof bytes !== "number" ||
    typeof createdAt !== "number"
  ) {
    return undefined;
  }
  const expiry = typeof expiresAt === "number" ? { expiresAt } : {};
  return { id, filename, contentType, purpose, bytes, createdAt, ...expiry };
}
