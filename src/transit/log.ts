/**
 * The transit log: `YYYY/MM/DD-HH.log` below the log folder, one JSON record a line, by the UTC hour.
 * Writes are batched and bounded, so that a slow, full or vanished disk costs records and never a
 * request; the next record counts what was lost.
 */
import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { createStream, type RotatingFileStream } from "rotating-file-stream";
import type { Clock } from "../scope.ts";
import { createEntry, type TransitEntry } from "./entry.ts";
import { createLogRoom, type LogBounds, type Removal } from "./retention.ts";

export interface TransitLog {
  /** The records of one request; handed to the log by `finish`. */
  open(requestId: string): TransitEntry;
  finish(entry: TransitEntry): void;
  /** Resolves when everything queued is on disk, or cannot be. */
  close(): Promise<void>;
}

export interface TransitLogOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly content: "full" | "metadata";
  /** How much is kept; everything, when it is not said. */
  readonly bounds?: LogBounds;
  /** Takes out of the lines what must not be in them, wherever it comes from. */
  readonly withoutSecrets?: (lines: string) => string;
  /** After a failure; for tests. */
  readonly reopenAfterMs?: number;
  /** Told once for each time that writing starts to fail. */
  readonly onNotice: (text: string) => void;
}

// Joined lines make rotating-file-stream thirty times as fast: it awaits each write (dependencies.md 6).
const flushAfterMs = 50;
const flushAtCharacters = 64 * 1024;
/** Past this the disk does not keep up, and records are dropped and counted. */
const queueLimitCharacters = 16 * 1024 * 1024;

export function createTransitLog(options: TransitLogOptions): TransitLog {
  const { directory, clock, content, onNotice, reopenAfterMs = 5_000 } = options;
  let queue: string[] = [];
  let queued = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  let stream: RotatingFileStream | undefined;
  /** The file that the stream is for, and which one it was when it was opened. */
  let file: { readonly path: string; inode?: number } | undefined;
  let writing = false;
  /** Requests whose lines are being written. */
  let inFlight = 0;
  let failedAt: number | undefined;
  let closing = false;
  /** Told once each: a flood of requests must not become one of notices. */
  const toldRemovals = new Set<string>();

  const room = createLogRoom({
    directory,
    clock,
    bounds: options.bounds ?? { maxTotalBytes: 0, retentionDays: 0 },
    onRemoved(removals) {
      for (const removal of removals) {
        queue.push(removalRecord(clock, removal));
        if (!toldRemovals.has(removal.reason)) onNotice(removalNotice(removal));
        toldRemovals.add(removal.reason);
      }
      if (!closing) schedule(flushAfterMs);
    },
    onNotice,
  });

  const fail = (error: Error): void => {
    dropped += inFlight;
    inFlight = 0;
    stream?.destroy();
    stream = undefined;
    writing = false;
    if (failedAt === undefined) {
      onNotice(`The transit log cannot be written: ${error.message}. Answers go on without it.`);
    }
    failedAt = clock.now();
    if (!closing) schedule(reopenAfterMs);
  };

  const openFile = (): RotatingFileStream | undefined => {
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const name = room.enter();
      // The stream would make the folders with the default mode.
      const path = join(directory, name);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      // Without its own rotation: its timer sleeps when the machine does, and knows no clock but one.
      const opened = createStream(name, { path: directory, mode: 0o600 });
      const mine: typeof file = { path };
      file = mine;
      opened.on("open", () => {
        mine.inode = inodeOf(path);
      });
      opened.on("error", (error) => {
        if (stream === opened || stream === undefined) fail(error);
      });
      return opened;
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  };

  /** Another hour has begun, or somebody took the file away: what is written there is seen by nobody. */
  const isStale = (): boolean => {
    if (file === undefined || room.isOver()) return true;
    // Not opened yet.
    if (file.inode === undefined) return false;
    return inodeOf(file.path) !== file.inode;
  };

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (writing || queue.length === 0) return;
    if (stream !== undefined && isStale()) {
      stream.end();
      stream = undefined;
    }
    stream ??= openFile();
    if (stream === undefined) return;
    if (dropped > 0) queue.unshift(lossRecord(clock, dropped));
    const text = queue.join("");
    inFlight = queue.length + dropped - (dropped > 0 ? 1 : 0);
    queue = [];
    queued = 0;
    dropped = 0;
    writing = true;
    room.wrote(Buffer.byteLength(text));
    stream.write(text, (error) => {
      if (error) return;
      writing = false;
      inFlight = 0;
      failedAt = undefined;
      if (queue.length > 0) schedule(flushAfterMs);
    });
  }

  function schedule(delayMs: number): void {
    timer ??= setTimeout(flush, delayMs).unref();
  }

  void room.sweep();
  return {
    open: (requestId) => createEntry({ requestId, clock, content }),
    finish(entry) {
      let lines: string;
      try {
        const written = entry.close();
        lines = options.withoutSecrets?.(written) ?? written;
      } catch {
        // A request must not fail of its log; the loss is counted.
        dropped += 1;
        return;
      }
      if (lines === "") return;
      if (closing || queued + lines.length > queueLimitCharacters) {
        dropped += 1;
        return;
      }
      queue.push(lines);
      queued += lines.length;
      if (failedAt === undefined && queued >= flushAtCharacters) flush();
      else schedule(failedAt === undefined ? flushAfterMs : reopenAfterMs);
    },
    async close() {
      await room.sweep();
      closing = true;
      flush();
      const last = stream;
      if (last === undefined) return;
      await new Promise<void>((resolve) => {
        last.once("close", resolve);
        if (queue.length > 0) last.write(queue.join(""));
        queue = [];
        last.end();
      });
    },
  };
}

function lossRecord(clock: Clock, dropped: number): string {
  const logged_at = new Date(clock.now()).toISOString();
  return `${JSON.stringify({ logged_at, request_id: null, phase: "log_dropped", requests: dropped })}\n`;
}

function removalRecord(clock: Clock, { reason, files, bytes }: Removal): string {
  const logged_at = new Date(clock.now()).toISOString();
  const head = { logged_at, request_id: null, phase: "log_pruned" };
  return `${JSON.stringify({ ...head, reason: `logging.${reason}`, files, bytes })}\n`;
}

function removalNotice({ reason, files, bytes }: Removal): string {
  const what = `${files === 1 ? "1 file" : `${files} files`} of ${(bytes / 1e6).toFixed(1)} MB`;
  return `The oldest of the transit log was deleted, ${what}, as \`logging.${reason}\` says.`;
}

/** 0 where there is no such file, and where the disk does not tell: opening it says why. */
function inodeOf(path: string): number {
  try {
    return statSync(path).ino;
  } catch {
    return 0;
  }
}
