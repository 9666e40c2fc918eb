/**
 * An append-only file of JSON lines. A line is written in one call, so a crash can tear only the
 * last one; lines that cannot be read are set aside before anything is written after them.
 */
import { appendFile } from "node:fs/promises";
import { basename } from "node:path";
import { isJsonObject, type JsonObject, parseJson } from "../protocol/json.ts";
import { readTextIfPresent, writePrivateFile } from "./atomic-file.ts";
import { setAside } from "./recovery.ts";

/** Begins a journal, or replaces one, in one step. */
export function writeJournal(path: string, records: readonly JsonObject[]): Promise<void> {
  return writePrivateFile(path, records.map(toLine).join(""));
}

/** Adds a record. Only after `readJournal`: a torn last line would swallow it. */
export function appendToJournal(path: string, record: JsonObject): Promise<void> {
  return appendFile(path, toLine(record), { mode: 0o600 });
}

/**
 * The records, or undefined when there is no such file. What cannot be read is set aside as a copy
 * of the whole file, and the file goes on with what can.
 */
export async function readJournal(
  path: string,
  onNotice: (text: string) => void,
): Promise<readonly JsonObject[] | undefined> {
  const text = await readTextIfPresent(path);
  if (text === undefined) return undefined;
  const lines = text.split("\n");
  // A whole file ends with a line break, so nothing is left after the last one.
  const torn = lines.pop() !== "";
  const records = lines.map(parseJson).filter(isJsonObject);
  if (torn || records.length < lines.length) {
    const aside = await setAside(path);
    await writeJournal(path, records);
    onNotice(
      `\`${basename(path)}\` had lines that cannot be read. The rest is in use; the file as it was is kept as \`${aside}\`.`,
    );
  }
  return records;
}

function toLine(record: JsonObject): string {
  return `${JSON.stringify(record)}\n`;
}
