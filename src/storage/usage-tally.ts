/**
 * The tokens of today, in one small file, so that `airelays status` can tell what was spent and how
 * much of it the upstream's cache paid. Counts; knows no request and no content.
 */
import { join } from "node:path";
import { reasonOf } from "../errors.ts";
import type { Usage } from "../protocol/events.ts";
import { isJsonObject, parseJson } from "../protocol/json.ts";
import type { Clock } from "../scope.ts";
import { readTextIfPresent, writePrivateFile } from "./atomic-file.ts";

export interface DayUsage {
  /** `2026-11-21`, UTC. */
  readonly day: string;
  readonly requests: number;
  readonly input_tokens: number;
  /** The part of the input that the upstream had in its cache. */
  readonly cached_tokens: number;
  readonly output_tokens: number;
}

/** The tokens of one answer. */
export function toTallied(usage: Usage): Omit<DayUsage, "day" | "requests"> {
  const { input_tokens, output_tokens, input_tokens_details } = usage;
  return { input_tokens, output_tokens, cached_tokens: input_tokens_details?.cached_tokens ?? 0 };
}

/** Where it is, below a data folder. */
export function usagePath(dataDir: string): string {
  return join(dataDir, "state", "usage.json");
}

export interface UsageTally {
  add(tokens: Omit<DayUsage, "day" | "requests">): void;
  /** Resolves when what was counted is on disk, or cannot be. */
  close(): Promise<void>;
}

export interface UsageTallyOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Told once for each time that writing starts to fail. */
  readonly onNotice: (text: string) => void;
  /** How long counts are gathered before they are written. */
  readonly writeAfterMs?: number;
}

const msPerDay = 86_400_000;

export function createUsageTally(options: UsageTallyOptions): UsageTally {
  const { path, clock, onNotice, writeAfterMs = 2_000 } = options;
  let gathered: DayUsage | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let isFailing = false;
  let known = { days: Number.NaN, day: "" };

  /** Written out once a day, not for every answer. */
  const today = (now: number): string => {
    const days = Math.floor(now / msPerDay);
    if (days !== known.days) known = { days, day: dayOf(now) };
    return known.day;
  };

  const write = async (added: DayUsage): Promise<void> => {
    try {
      // Read again, because another relay of the same folder counts too.
      const stored = await readDayUsage(path, added.day);
      await writePrivateFile(path, `${JSON.stringify(sum(stored, added))}\n`);
      isFailing = false;
    } catch (error) {
      // Kept for the next time, unless that one is of another day.
      if (gathered === undefined || gathered.day === added.day) {
        gathered = sum(added, gathered ?? emptyDay(added.day));
      }
      if (!isFailing) onNotice(`The usage of today cannot be written: ${reasonOf(error)}`);
      isFailing = true;
    }
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const added = gathered;
    gathered = undefined;
    if (added !== undefined) writing = writing.then(() => write(added));
    return writing;
  };

  return {
    add(tokens) {
      const day = today(clock.now());
      if (gathered !== undefined && gathered.day !== day) void flush();
      gathered = sum(gathered ?? emptyDay(day), { day, requests: 1, ...tokens });
      timer ??= setTimeout(() => void flush(), writeAfterMs).unref();
    },
    close: flush,
  };
}

/** What was counted on that day; zeros when the file is of another day, missing or damaged. */
export async function readDayUsage(path: string, day: string): Promise<DayUsage> {
  const stored = parseJson((await readTextIfPresent(path)) ?? "");
  if (!isJsonObject(stored) || stored["day"] !== day) return emptyDay(day);
  const count = (key: string): number =>
    Number.isSafeInteger(stored[key]) ? Number(stored[key]) : 0;
  return {
    day,
    requests: count("requests"),
    input_tokens: count("input_tokens"),
    cached_tokens: count("cached_tokens"),
    output_tokens: count("output_tokens"),
  };
}

/** The UTC day of a time in milliseconds. */
export function dayOf(now: number): string {
  return new Date(now).toISOString().slice(0, 10);
}

function emptyDay(day: string): DayUsage {
  return { day, requests: 0, input_tokens: 0, cached_tokens: 0, output_tokens: 0 };
}

function sum(a: DayUsage, b: DayUsage): DayUsage {
  return {
    day: b.day,
    requests: a.requests + b.requests,
    input_tokens: a.input_tokens + b.input_tokens,
    cached_tokens: a.cached_tokens + b.cached_tokens,
    output_tokens: a.output_tokens + b.output_tokens,
  };
}
