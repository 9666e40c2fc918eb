/**
 * How much of the transit log is kept: chooses the file that is written to, so that none grows past
 * its share of the room, and deletes the oldest ones past the bounds. Deletes files with a log's name
 * only, and never the one that is written to. Writes nothing.
 */
import { readdirSync, statSync } from "node:fs";
import { rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { reasonOf } from "../errors.ts";
import type { Clock } from "../scope.ts";
import { hourMs, hourOf, type LogFile, logFileName, newestFirst, partsOf } from "./log-files.ts";

export interface LogBounds {
  /** All files together; 0 is no bound. */
  readonly maxTotalBytes: number;
  /** Counted from the end of a file's hour; 0 is no bound. */
  readonly retentionDays: number;
}

/** What was deleted, for one reason. */
export interface Removal {
  readonly reason: "max_total_bytes" | "retention_days";
  readonly files: number;
  readonly bytes: number;
}

export interface LogRoom {
  /** The file to write to from now on; what it leaves no room for is deleted meanwhile. */
  enter(): string;
  wrote(bytes: number): void;
  /** Another hour has begun, or the file has had its share. */
  isOver(): boolean;
  /** Deletes what is out of bounds. Never rejects; one at a time. */
  sweep(): Promise<void>;
}

export interface LogRoomOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly bounds: LogBounds;
  readonly onRemoved: (removals: readonly Removal[]) => void;
  readonly onNotice: (text: string) => void;
}

/** A flood within one hour has to leave files that can go one by one. */
const sharesOfRoom = 8;

export function createLogRoom(options: LogRoomOptions): LogRoom {
  const { directory, clock, bounds, onRemoved, onNotice } = options;
  const share = bounds.maxTotalBytes === 0 ? Infinity : bounds.maxTotalBytes / sharesOfRoom;
  let current: (LogFile & { bytes: number }) | undefined;
  let sweeping: Promise<void> | undefined;
  let isDue = false;
  let hasFailed = false;

  const remove = async (): Promise<void> => {
    const files: SizedFile[] = [];
    for await (const file of newestFirst(directory)) {
      const found = await stat(join(directory, file.name)).catch(() => undefined);
      if (found !== undefined) files.push({ ...file, bytes: found.size });
    }
    const protectedName = current?.name ?? files[0]?.name;
    const due = pastBounds(files, { bounds, share, protectedName, now: clock.now() });
    const removed: Due[] = [];
    for (const one of due) {
      try {
        await rm(join(directory, one.name), { force: true });
        removed.push(one);
      } catch (error) {
        // Another program holds it (Windows), or the disk is read-only: the next time may do it.
        if (!hasFailed) onNotice(`Old files of the transit log stay: ${reasonOf(error)}.`);
        hasFailed = true;
      }
    }
    await removeEmptyFolders(removed);
    const removals = toRemovals(removed);
    if (removals.length > 0) onRemoved(removals);
  };

  /** Folders of months before the current one: a writer is never about to need them. */
  const removeEmptyFolders = async (removed: readonly LogFile[]): Promise<void> => {
    const ofNow = dirname(logFileName(clock.now()));
    const months = new Set(removed.map(({ name }) => dirname(name)).filter((one) => one < ofNow));
    const years = new Set([...months].map((month) => dirname(month)));
    for (const folder of [...months, ...[...years].filter((year) => year < dirname(ofNow))]) {
      // There is more in it.
      await rmdir(join(directory, folder)).catch(() => undefined);
    }
  };

  /** One at a time. What comes meanwhile is looked at once more: the first look may have missed it. */
  const sweep = (): Promise<void> => {
    isDue = true;
    sweeping ??= (async () => {
      while (isDue) {
        isDue = false;
        await remove().catch(() => undefined);
      }
      sweeping = undefined;
    })();
    return sweeping;
  };

  return {
    enter() {
      const at = clock.now();
      current = lastPart(directory, at, share);
      void sweep();
      return current.name;
    },
    wrote(bytes) {
      if (current !== undefined) current.bytes += bytes;
    },
    isOver: () =>
      current === undefined || current.hour !== hourOf(clock.now()) || current.bytes >= share,
    sweep,
  };
}

/** The last part of the hour, or the one after it when that has had its share. */
function lastPart(directory: string, at: number, share: number): LogFile & { bytes: number } {
  const folder = dirname(join(directory, logFileName(at)));
  const last = partsOf(at, namesOf(folder)).at(-1);
  const bytes = last === undefined ? 0 : sizeOf(join(directory, last.name));
  const isFull = bytes >= share;
  const part = (last?.part ?? 1) + (isFull ? 1 : 0);
  return { name: logFileName(at, part), hour: hourOf(at), part, bytes: isFull ? 0 : bytes };
}

function namesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not made yet, or unreadable: opening the file says why.
    return [];
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    // Gone meanwhile.
    return 0;
  }
}

export interface SizedFile extends LogFile {
  readonly bytes: number;
}

interface Due extends SizedFile {
  readonly reason: Removal["reason"];
}

export interface Circumstances {
  readonly bounds: LogBounds;
  /** What the file that is written to may grow to. */
  readonly share: number;
  readonly protectedName: string | undefined;
  readonly now: number;
}

/** Which files have to go, of all of them, the newest first. */
export function pastBounds(
  files: readonly SizedFile[],
  { bounds: { maxTotalBytes, retentionDays }, share, protectedName, now }: Circumstances,
): readonly Due[] {
  const oldest = retentionDays === 0 ? -Infinity : now - retentionDays * 24 * hourMs;
  const written = files.find(({ name }) => name === protectedName)?.bytes ?? 0;
  let room = maxTotalBytes === 0 ? Infinity : maxTotalBytes - Math.max(share, written);
  return files.flatMap((file): Due[] => {
    if (file.name === protectedName) return [];
    if (file.hour + hourMs <= oldest) return [{ ...file, reason: "retention_days" }];
    room -= file.bytes;
    return room < 0 ? [{ ...file, reason: "max_total_bytes" }] : [];
  });
}

function toRemovals(removed: readonly Due[]): readonly Removal[] {
  return (["retention_days", "max_total_bytes"] as const).flatMap((reason) => {
    const some = removed.filter((each) => each.reason === reason);
    const bytes = some.reduce((sum, each) => sum + each.bytes, 0);
    return some.length === 0 ? [] : [{ reason, files: some.length, bytes }];
  });
}
