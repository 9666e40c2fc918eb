/**
 * Reads the transit log as requests, the newest first, however large it is: a piece of one file and
 * the lines of one request are in memory at a time. Files that are taken away meanwhile are passed over.
 */
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { type Line, linesBackwards, readBytes } from "./lines.ts";
import { hourMs, newestFirst } from "./log-files.ts";
import {
  createGrouping,
  isHeaded,
  type Place,
  type StoredTransit,
  toTransit,
} from "./stored-transit.ts";

/** How far each file is read, by its name: what is written after that belongs to whoever follows. */
export type Sizes = ReadonlyMap<string, number>;

export interface ReadOptions {
  /** Milliseconds since 1970; nothing that is older. */
  readonly since?: number;
  readonly sizes?: Sizes;
  /** Told of each line that is no record of this relay. */
  readonly onUnreadable?: () => void;
}

export async function* readNewestFirst(
  directory: string,
  { since = -Infinity, sizes, onUnreadable = () => undefined }: ReadOptions = {},
): AsyncGenerator<StoredTransit> {
  for await (const { name, hour } of newestFirst(directory)) {
    if (hour + hourMs <= since) return;
    const handle = await openIfThere(join(directory, name));
    if (handle === undefined) continue;
    try {
      const end = sizes?.get(name) ?? (await handle.stat()).size;
      for await (const transit of transitsBackwards(handle, { name, end, onUnreadable })) {
        if (transit.loggedAt >= since) yield transit;
      }
    } finally {
      await handle.close();
    }
  }
}

interface Piece {
  readonly name: string;
  readonly end: number;
  readonly onUnreadable: () => void;
}

async function* transitsBackwards(
  handle: FileHandle,
  { name, end, onUnreadable }: Piece,
): AsyncGenerator<StoredTransit> {
  const grouping = createGrouping();
  for await (const line of linesBackwards(handle, end)) {
    if (isHeaded(line)) {
      const done = grouping.add(line);
      if (done !== undefined) yield toTransit(handle, name, done.toReversed());
    } else if (!isBlank(line)) {
      onUnreadable();
    }
  }
  const rest = grouping.rest();
  if (rest !== undefined) yield toTransit(handle, name, rest.toReversed());
}

function isBlank({ start, end }: Line): boolean {
  return start === end;
}

/** The lines of a request as they stand in the file, with their line break; nothing when it is gone. */
export async function readPlace(directory: string, { file, start, end }: Place): Promise<string> {
  const handle = await openIfThere(join(directory, file));
  if (handle === undefined) return "";
  try {
    const bytes = await readBytes(handle, start, end + 1);
    return bytes.toString("utf8");
  } finally {
    await handle.close();
  }
}

export async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
