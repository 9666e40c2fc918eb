/** The last requests that failed, from the transit log, as `airelays status` shows them. */
import type { JsonObject } from "../protocol/json.ts";
import { readNewestFirst } from "../transit/read-log.ts";
import { summarize, summaryPhases, type TransitSummary } from "../transit/summary.ts";
import { type Field, formatSeconds } from "./render.ts";
import type { Repeat } from "./same-settings.ts";

const dayMs = 24 * 3_600_000;
/** `airelays logs` has the others. */
const mostShown = 3;
/** So many requests are looked at, half a millisecond each: a long log does not make the status slow. */
const mostRead = 50;

/** Among the last requests of the last day, the newest first. A client that left is no error. */
export async function readLastErrors(
  directory: string,
  now: number,
): Promise<readonly TransitSummary[]> {
  const found: TransitSummary[] = [];
  let read = 0;
  for await (const transit of readNewestFirst(directory, { since: now - dayMs })) {
    if (transit.requestId === null) continue;
    const summary = summarize(await transit.records(summaryPhases));
    if (hasFailed(summary)) found.push(summary);
    read += 1;
    if (found.length >= mostShown || read >= mostRead) break;
  }
  return found;
}

function hasFailed({ outcome }: TransitSummary): boolean {
  return outcome !== undefined && !["completed", "client_gone"].includes(outcome);
}

export function lastErrorFields(
  errors: readonly TransitSummary[],
  now: number,
  repeat: Repeat,
): Field[] {
  return errors.map(({ requestId, at, status, errorCode, outcome, method, path }) => {
    const what = [status, errorCode ?? outcome].filter((part) => part !== undefined).join(" ");
    const asked = [method, path].filter((part) => part !== undefined).join(" ");
    const why = repeat(`airelays why ${requestId.replace(/^req_/, "").slice(0, 8)}`);
    return {
      label: `${formatSeconds((now - at) / 1000)} ago`,
      value: `${[what, asked].filter((part) => part !== "").join(", ")}; ${why}`,
      tone: "warn",
    };
  });
}

/** For `--json`; the names are those of the log. */
export function toLastErrorJson(error: TransitSummary): JsonObject {
  const { requestId, at, method, path, model, status, outcome, errorCode } = error;
  return {
    request_id: requestId,
    accepted_at: Number.isNaN(at) ? null : new Date(at).toISOString(),
    method: method ?? null,
    path: path ?? null,
    model: model ?? null,
    status_code: status ?? null,
    outcome: outcome ?? null,
    error_code: errorCode ?? null,
  };
}
