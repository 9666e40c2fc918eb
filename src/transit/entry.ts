/**
 * The records of one request, kept in memory until its end and then turned into lines at once: one
 * serialisation a request, none of it while an answer is on its way.
 */

import { isoTime } from "../iso-time.ts";
import { type Clock, LoggedJson, type TransitRecorder } from "../scope.ts";
import { withoutControls, withoutSecrets } from "./redact.ts";

export interface TransitEntry extends TransitRecorder {
  readonly requestId: string;
  /** The answer begins now; for who watches. */
  begun?(): void;
  /** The lines of this request; later records are not kept. */
  close(): string;
}

export interface EntryOptions {
  readonly requestId: string;
  readonly clock: Clock;
  /** Without content, bodies are replaced by their size. */
  readonly content: "full" | "metadata";
}

/** The names of phases and fields are ours, and need no escape. */
interface StoredRecord {
  readonly at: number;
  readonly phase: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function createEntry({ requestId, clock, content }: EntryOptions): TransitEntry {
  let records: StoredRecord[] | undefined = [];
  return {
    requestId,
    record(phase, fields) {
      records?.push({ at: clock.now(), phase, fields });
    },
    discard() {
      records = undefined;
    },
    close() {
      const id = JSON.stringify(requestId);
      const lines = (records ?? []).map(({ at, phase, fields }) => {
        const shown = content === "full" ? fields : withoutContent(fields);
        const head = `{"logged_at":"${isoTime(at)}","request_id":${id},"phase":"${phase}"`;
        try {
          return formatLine(head, shown);
        } catch (error) {
          // Nested too deeply to be written. The request itself must not fail of its log.
          return formatLine(head, { unwritable: String(error) });
        }
      });
      records = undefined;
      return withoutControls(lines.join(""));
    },
  };
}

/** By hand as far as that goes: a `stringify` of the whole record is half as fast. */
function formatLine(head: string, fields: Readonly<Record<string, unknown>>): string {
  let line = head;
  for (const key of Object.keys(fields)) {
    const json = toJson(withoutSecrets(key, fields[key]));
    if (json !== undefined) line += `,"${key}":${json}`;
  }
  return `${line}}\n`;
}

function toJson(field: unknown): string | undefined {
  if (typeof field === "number" && Number.isFinite(field)) return String(field);
  if (field === null) return "null";
  return field instanceof LoggedJson ? field.text : JSON.stringify(field);
}

/** What was asked and answered stays out; everything else is times, sizes and outcomes. */
const contentFields: ReadonlySet<string> = new Set(["body", "line", "message", "cause"]);

function withoutContent(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) =>
      contentFields.has(key) && value !== null
        ? [key, { kind: "omitted", characters: lengthOf(value) }]
        : // An error's message may quote the request.
          [key, key === "error" ? withoutMessages(value) : value],
    ),
  );
}

function lengthOf(value: unknown): number {
  if (value instanceof LoggedJson) return value.text.length;
  try {
    return JSON.stringify(value)?.length ?? 0;
  } catch {
    // Nested too deeply to be measured.
    return -1;
  }
}

function withoutMessages(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return withoutContent(value as Readonly<Record<string, unknown>>);
}
