/**
 * Follows the transit log as relays write it: over the change of the hour, over restarts, and when
 * files are taken away. Looks again and again, because no system tells of changes everywhere.
 */
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { linesForwards } from "./lines.ts";
import { newestFirst } from "./log-files.ts";
import { openIfThere, type Sizes } from "./read-log.ts";
import { createGrouping, isHeaded, type StoredTransit, toTransit } from "./stored-transit.ts";

/** Two relays may write into different parts of an hour, and the last ones of the hour before. */
const watchedFiles = 4;

/** How large the files are that may still grow. */
export async function sizesNow(directory: string): Promise<Sizes> {
  const sizes = new Map<string, number>();
  for await (const { name } of newestFirst(directory)) {
    const handle = await openIfThere(join(directory, name));
    if (handle !== undefined) {
      sizes.set(name, (await handle.stat()).size);
      await handle.close();
    }
    if (sizes.size >= watchedFiles) break;
  }
  return sizes;
}

export interface FollowOptions {
  /** What was there already. */
  readonly sizes: Sizes;
  /** Resolves with true when it is time to look again, and with false to end. */
  readonly next: () => Promise<boolean>;
}

/** Each request once its last line is written. */
export async function* followLog(
  directory: string,
  { sizes, next }: FollowOptions,
): AsyncGenerator<StoredTransit> {
  const read = new Map<string, Progress>();
  for (const [name, size] of sizes) read.set(name, { offset: size, seen: size, inode: undefined });
  while (await next()) {
    const names: string[] = [];
    for await (const { name } of newestFirst(directory)) {
      names.unshift(name);
      if (names.length >= watchedFiles) break;
    }
    for (const name of names) {
      const progress = read.get(name) ?? { offset: 0, seen: 0, inode: undefined };
      read.set(name, progress);
      yield* readOn(directory, name, progress);
    }
    for (const name of read.keys()) {
      if (!names.includes(name)) read.delete(name);
    }
  }
}

interface Progress {
  /** Where the first line is that was not given yet. */
  offset: number;
  /** The size at the last look. */
  seen: number;
  inode: number | undefined;
}

async function* readOn(
  directory: string,
  name: string,
  progress: Progress,
): AsyncGenerator<StoredTransit> {
  const handle = await openIfThere(join(directory, name));
  if (handle === undefined) return;
  try {
    const { size, ino } = await handle.stat();
    // Another file of this name, in the place of one that was taken away.
    const isOther = (progress.inode ?? ino) !== ino || size < progress.offset;
    if (isOther) progress.offset = 0;
    progress.inode = ino;
    if (!isOther && size === progress.seen) return;
    progress.seen = size;
    yield* newTransits(handle, name, progress);
  } finally {
    await handle.close();
  }
}

/** A request whose end is not there yet is begun again the next time. */
async function* newTransits(
  handle: FileHandle,
  name: string,
  progress: Progress,
): AsyncGenerator<StoredTransit> {
  const grouping = createGrouping();
  for await (const line of linesForwards(handle, progress.offset, progress.seen)) {
    if (!isHeaded(line)) continue;
    const before = grouping.add(line);
    if (before !== undefined) yield toTransit(handle, name, before);
    progress.offset = line.start;
    const { phase, requestId } = line.head;
    if (phase !== "outbound_response" && requestId !== null) continue;
    const whole = grouping.rest();
    if (whole !== undefined) yield toTransit(handle, name, whole);
    progress.offset = line.end + 1;
  }
  const unfinished = grouping.rest()?.[0];
  if (unfinished !== undefined) progress.offset = unfinished.start;
}
