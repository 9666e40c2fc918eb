/** Requests in the transit log of a home folder, as the relay would have written them. */
import { appendFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createEntry, type EntryOptions } from "../../src/transit/entry.ts";
import { logFileName } from "../../src/transit/log-files.ts";

export type Records = readonly (readonly [phase: string, fields: Record<string, unknown>])[];

interface LoggedRequest {
  readonly id: string;
  readonly at: number;
  readonly records: Records;
  readonly content?: EntryOptions["content"];
}

export async function logRequest(
  home: string,
  { id, at, records, content = "full" }: LoggedRequest,
): Promise<void> {
  const entry = createEntry({ requestId: id, clock: { now: () => at }, content });
  for (const [phase, fields] of records) entry.record(phase, fields);
  await logText(home, at, entry.close());
}

export async function logText(home: string, at: number, text: string): Promise<void> {
  const path = join(home, ".airelays", "logs", logFileName(at));
  await mkdir(dirname(path), { recursive: true });
  await appendFile(path, text);
}
