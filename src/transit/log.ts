/**
 * The transit log: `YYYY/MM/DD-HH.log` below the log folder, one JSON record a line, by the UTC hour.
 * Writes are batched and bounded, so that a slow, full or vanished disk costs records and never a
 * request; the next record counts what was lost.
 */
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { createStream, type RotatingFileStream } from "rotating-file-stream";
import type { Clock } from "../scope.ts";
import { createEntry, type TransitEntry } from "./entry.ts";

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
  /** Takes out of the lines what must not be in them, wherever it comes from. */
  readonly withoutSecrets?: (lines: string) => string;
  /** Told once for each time that writing starts to fail. */
  readonly onNotice: (text: string) => void;
}

// Joined lines make rotating-file-stream thirty times as fast: it awaits each write (dependencies.md 6).
const flushAfterMs = 50;
const flushAtCharacters = 64 * 1024;
/** Past this the disk does not keep up, and records are dropped and counted. */
const queueLimitCharacters = 16 * 1024 * 1024;
const reopenAfterMs = 5_000;

export function createTransitLog(options: TransitLogOptions): TransitLog {
  const { directory, clock, content, onNotice } = options;
  let queue: string[] = [];
  let queued = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  let stream: RotatingFileStream | undefined;
  let writing = false;
  /** Requests whose lines are being written. */
  let inFlight = 0;
  let failedAt: number | undefined;
  let closing = false;

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
      const opened = createStream((time, index) => fileName(directory, clock, time, index), {
        path: directory,
        interval: "1h",
        intervalUTC: true,
        immutable: true,
        mode: 0o600,
      });
      opened.on("error", fail);
      return opened;
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  };

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (writing || queue.length === 0) return;
    stream ??= openFile();
    if (stream === undefined) return;
    if (dropped > 0) queue.unshift(lossRecord(clock, dropped));
    const text = queue.join("");
    inFlight = queue.length + dropped - (dropped > 0 ? 1 : 0);
    queue = [];
    queued = 0;
    dropped = 0;
    writing = true;
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

  return {
    open: (requestId) => createEntry({ requestId, clock, content }),
    finish(entry) {
      const written = entry.close();
      const lines = options.withoutSecrets?.(written) ?? written;
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

/** The file of an hour. A second file within the hour (after a rotation by hand) gets a number. */
function fileName(
  directory: string,
  clock: Clock,
  time: number | Date | null | undefined,
  index: number | undefined,
): string {
  const at = new Date(time ?? clock.now());
  const two = (value: number): string => String(value).padStart(2, "0");
  const hour = `${two(at.getUTCDate())}-${two(at.getUTCHours())}`;
  const suffix = index === undefined || index <= 1 ? "" : `.${index}`;
  const name = join(String(at.getUTCFullYear()), two(at.getUTCMonth() + 1), `${hour}${suffix}.log`);
  // The stream would make the folders with the default mode.
  mkdirSync(join(directory, dirname(name)), { recursive: true, mode: 0o700 });
  return name;
}
