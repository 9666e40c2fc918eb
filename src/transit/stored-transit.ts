/**
 * A request in the log: the lines of one id that stand together, because they were written at once.
 * Says where they are, and reads those that are asked for.
 */
import type { FileHandle } from "node:fs/promises";
import { type Line, type LineHead, readBytes } from "./lines.ts";

export type StoredRecord = Readonly<Record<string, unknown>> & LineFields;

interface LineFields {
  readonly logged_at: string;
  readonly request_id: string | null;
  readonly phase: string;
}

/** The place of a request's lines. */
export interface Place {
  /** Below the folder of the log. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

export interface StoredTransit extends Place {
  /** Null for what the log says of itself: `log_dropped`, `log_pruned`. */
  readonly requestId: string | null;
  /** When its last record was made. */
  readonly loggedAt: number;
  /** Its records of these phases, or all. Only while the file is being read. */
  records(phases?: ReadonlySet<string>): Promise<readonly StoredRecord[]>;
}

interface HeadedLine extends Line {
  readonly head: LineHead;
}

/** Puts lines that follow each other together; `ends` says that a line is the last one of its request. */
export interface Grouping {
  /** The lines before this one, when this one belongs to another request. */
  add(line: HeadedLine): readonly HeadedLine[] | undefined;
  /** The lines that were not given back yet. */
  rest(): readonly HeadedLine[] | undefined;
}

export function createGrouping(): Grouping {
  let lines: HeadedLine[] = [];
  const take = (): readonly HeadedLine[] | undefined => {
    const taken = lines;
    lines = [];
    return taken.length === 0 ? undefined : taken;
  };
  return {
    add(line) {
      const id = lines[0]?.head.requestId ?? null;
      // What the log says of itself is one line each.
      const isSame = id !== null && id === line.head.requestId;
      const before = isSame ? undefined : take();
      lines.push(line);
      return before;
    },
    rest: take,
  };
}

export function isHeaded(line: Line): line is HeadedLine {
  return line.head !== undefined;
}

/** The lines, the oldest first, as one request. */
export function toTransit(
  handle: FileHandle,
  file: string,
  lines: readonly HeadedLine[],
): StoredTransit {
  const first = lines[0];
  const last = lines.at(-1);
  return {
    file,
    start: first?.start ?? 0,
    end: last?.end ?? 0,
    requestId: first?.head.requestId ?? null,
    loggedAt: last?.head.loggedAt ?? 0,
    async records(phases) {
      const records: StoredRecord[] = [];
      for (const { start, end, head } of lines) {
        if (phases !== undefined && !phases.has(head.phase)) continue;
        const record = parseRecord(await readBytes(handle, start, end));
        if (record !== undefined) records.push(record);
      }
      return records;
    },
  };
}

/** Undefined for a line that is damaged behind its head. */
function parseRecord(line: Buffer): StoredRecord | undefined {
  try {
    return JSON.parse(line.toString("utf8")) as StoredRecord;
  } catch {
    // A disk that failed in the middle of a write. The other lines tell what they tell.
    return undefined;
  }
}
