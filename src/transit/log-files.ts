/**
 * Where the transit log is on disk: `YYYY/MM/DD-HH.log` below its folder, by the UTC hour, and
 * `DD-HH_002.log` and so on for what the hour had more. Knows the names; opens no file.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";

export interface LogFile {
  /** Below the folder of the log. */
  readonly name: string;
  /** When its hour began, in milliseconds. */
  readonly hour: number;
  /** From 1. */
  readonly part: number;
}

export const hourMs = 3_600_000;

/** The beginning of the UTC hour. */
export function hourOf(at: number): number {
  return Math.floor(at / hourMs) * hourMs;
}

/** `2026/11/21-12.log`, with the separator of this system. */
export function logFileName(at: number, part = 1): string {
  const [year, month, rest = ""] = new Date(at).toISOString().split("-");
  const hour = `${rest.slice(0, 2)}-${rest.slice(3, 5)}`;
  const suffix = part === 1 ? "" : `_${String(part).padStart(3, "0")}`;
  return join(year ?? "", month ?? "", `${hour}${suffix}.log`);
}

/** Every file of the log, the newest first; a month is looked at when the ones after it were taken. */
export async function* newestFirst(directory: string): AsyncGenerator<LogFile> {
  for (const year of await foldersIn(directory, /^\d{4}$/)) {
    for (const month of await foldersIn(join(directory, year), /^\d\d$/)) {
      const names = await namesIn(join(directory, year, month), "isFile");
      const files = names.flatMap((name) => parseName(year, month, name) ?? []);
      yield* files.sort((one, other) => other.hour - one.hour || other.part - one.part);
    }
  }
}

/** The parts of one hour, as far as these names of its folder are some. */
export function partsOf(at: number, names: readonly string[]): readonly LogFile[] {
  const [year = "", month = ""] = new Date(at).toISOString().split("-");
  return names
    .flatMap((name) => parseName(year, month, name) ?? [])
    .filter(({ hour }) => hour === hourOf(at))
    .sort((one, other) => one.part - other.part);
}

/** Undefined for whatever a log does not write, `31-99.log` too. */
function parseName(year: string, month: string, file: string): LogFile | undefined {
  const [, day, hourOfDay, digits = "1"] = /^(\d\d)-(\d\d)(?:_(\d{3,9}))?\.log$/.exec(file) ?? [];
  const hour = Date.parse(`${year}-${month}-${day}T${hourOfDay}:00:00Z`);
  const part = Number(digits);
  if (Number.isNaN(hour)) return undefined;
  const name = join(year, month, file);
  // The same name again: no other way to write it, and no 30th of February.
  return logFileName(hour, part) === name ? { name, hour, part } : undefined;
}

async function foldersIn(directory: string, pattern: RegExp): Promise<string[]> {
  const names = await namesIn(directory, "isDirectory");
  return names.filter((name) => pattern.test(name)).sort((one, other) => (one < other ? 1 : -1));
}

/** Links are neither: nobody is led out of the folder. */
async function namesIn(directory: string, kind: "isFile" | "isDirectory"): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.filter((entry) => entry[kind]()).map(({ name }) => name);
  } catch (error) {
    // Taken away while somebody looks.
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}
