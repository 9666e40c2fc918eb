/**
 * An append-only file of JSON lines. A line is written in one call, so a crash can tear only the
 * last one. A torn last line may also be one that another process is just writing: it is never
 * touched, only ended before the next record; lines that stay unreadable are set aside.
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { reasonOf } from "../errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../protocol/json.ts";
import { readTextIfPresent, writePrivateFile } from "./atomic-file.ts";
import { setAside } from "./recovery.ts";

/** Begins a journal, or replaces one, in one step. */
export function writeJournal(path: string, records: readonly JsonObject[]): Promise<void> {
  return writePrivateFile(path, records.map(toLine).join(""));
}

/**
 * Adds a record to a journal that there is: on the disk, or, when this throws, not at all. Not by
 * `appendFile`, which cuts what is larger than 512 KiB into several writes.
 */
export async function appendToJournal(path: string, record: JsonObject): Promise<void> {
  const file = await open(path, constants.O_RDWR | constants.O_APPEND);
  try {
    const { size } = await file.stat();
    const start = (await endsALine(file, size)) ? "" : "\n";
    await writeAtEnd(file, size, Buffer.from(start + toLine(record)));
  } finally {
    await file.close();
  }
}

async function endsALine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 0x0a;
}

async function writeAtEnd(file: FileHandle, size: number, bytes: Buffer): Promise<void> {
  let written = 0;
  try {
    // Once as a rule. A disk that fills up takes a part, and the next call says why.
    while (written < bytes.length) {
      written += (await file.write(bytes, written)).bytesWritten;
    }
    await file.datasync();
  } catch (error) {
    // Half a turn would stay unreadable. When another process has added to it, it has to stay.
    const { size: now } = await file.stat();
    if (now === size + written) await file.truncate(size).catch(() => undefined);
    throw error;
  }
}

/**
 * The records, or undefined when there is no such file. When lines cannot be read, the whole file is
 * copied aside and goes on with what can; when that fails, the records are given all the same.
 */
export async function readJournal(
  path: string,
  onNotice: (text: string) => void,
): Promise<readonly JsonObject[] | undefined> {
  const text = await readTextIfPresent(path);
  if (text === undefined) return undefined;
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  const ended = lines.filter((line) => line !== "");
  const records = ended.map(parseJson).filter(isJsonObject);
  // No beginning of an object is an object: this one lacks nothing but its line break.
  const final = parseJson(last);
  const all = isJsonObject(final) ? [...records, final] : records;
  // A journal begins whole, so one without a record is not being written.
  const isDamaged = records.length < ended.length || (all.length === 0 && last !== "");
  if (isDamaged) await repair(path, text, all, onNotice);
  return all;
}

async function repair(
  path: string,
  text: string,
  records: readonly JsonObject[],
  onNotice: (text: string) => void,
): Promise<void> {
  const what = `\`${basename(path)}\` had lines that cannot be read. The rest is in use;`;
  try {
    // Another process is adding to it: the next reading is soon enough.
    if ((await readTextIfPresent(path)) !== text) return;
    const aside = await setAside(path);
    await writeJournal(path, records);
    onNotice(`${what} the file as it was is kept as \`${aside}\`.`);
  } catch (error) {
    onNotice(`${what} the file could not be put right: ${reasonOf(error)}`);
  }
}

function toLine(record: JsonObject): string {
  return `${JSON.stringify(record)}\n`;
}
