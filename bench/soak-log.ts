/** The relay's transit log as figures: one line at a time, because all of it is gigabytes. */
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface SoakLog {
  readonly requests: number;
  /** Closing records by their outcome. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** Requests that do not have exactly one closing record. */
  readonly unclosed: number;
  readonly dropped: number;
}

export async function readSoakLog(folder: string): Promise<SoakLog> {
  const closings = new Map<string, number>();
  const outcomes = new Map<string, number>();
  let dropped = 0;
  const names = await readdir(folder, { recursive: true });
  for (const name of names.filter((each) => each.endsWith(".log"))) {
    const lines = createInterface({ input: createReadStream(join(folder, name)) });
    for await (const line of lines) {
      const record = JSON.parse(line) as Record<string, unknown>;
      const id = String(record["request_id"]);
      if (record["phase"] === "log_dropped") dropped += Number(record["requests"]);
      else closings.set(id, closings.get(id) ?? 0);
      if (record["phase"] !== "outbound_response") continue;
      closings.set(id, (closings.get(id) ?? 0) + 1);
      const outcome = String(record["outcome"]);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  }
  const unclosed = [...closings.values()].filter((count) => count !== 1).length;
  return { requests: closings.size, outcomes, unclosed, dropped };
}
