/**
 * The last requests for a report: how each ended, by names that the relay gave, and nothing that a
 * client or a model said; all of it only for who asks for that.
 */
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import { readNewestFirst } from "../../transit/read-log.ts";
import type { StoredRecord } from "../../transit/stored-transit.ts";
import { summarize } from "../../transit/summary.ts";

export interface LogPart {
  /** The oldest first. */
  readonly endings: readonly JsonObject[];
  /** Every record of them; undefined unless asked for. */
  readonly records: readonly StoredRecord[] | undefined;
}

/** A mail takes no more. */
const mostCharacters = 20_000_000;

export async function readLogPart(
  directory: string,
  { limit, withContent }: { readonly limit: number; readonly withContent: boolean },
): Promise<LogPart> {
  const endings: JsonObject[] = [];
  const records: StoredRecord[][] = [];
  let characters = 0;
  for await (const transit of readNewestFirst(directory)) {
    if (transit.requestId === null) continue;
    const own = await transit.records();
    endings.push(toEnding(own));
    characters += withContent ? transit.end - transit.start : 0;
    if (withContent && characters <= mostCharacters) records.push([...own]);
    if (endings.length >= limit) break;
  }
  return {
    endings: endings.toReversed(),
    records: withContent ? records.toReversed().flat() : undefined,
  };
}

/** What of a request is no content. */
function toEnding(records: readonly StoredRecord[]): JsonObject {
  const { requestId, at, tokens, ...summary } = summarize(records);
  const closing = records.findLast(({ phase }) => phase === "outbound_response");
  const error = isJsonObject(closing?.["error"]) ? closing["error"] : {};
  const upstream = isJsonObject(error["upstream"]) ? error["upstream"] : {};
  const changed = records.find(({ phase }) => phase === "compatibility_adaptation")?.["changes"];
  const changes = Array.isArray(changed) ? changed.filter(isJsonObject) : [];
  return {
    request_id: requestId,
    accepted_at: Number.isNaN(at) ? null : new Date(at).toISOString(),
    method: word(summary.method),
    path: plainPath(summary.path),
    model: word(summary.model),
    sent_model: word(summary.sentModel),
    status_code: summary.status ?? null,
    outcome: word(summary.outcome),
    first_byte_ms: summary.firstByteMs ?? null,
    duration_ms: summary.durationMs ?? null,
    tokens: tokens ?? null,
    error_code: word(summary.errorCode),
    upstream_status: typeof upstream["status"] === "number" ? upstream["status"] : null,
    upstream_code: word(upstream["code"]),
    phases: records.map(({ phase }) => phase),
    changes: changes.map(({ kind, parameter }) => `${word(kind)} ${word(parameter)}`),
  };
}

/** A name, as models, codes and parameters have one; anything else could be a sentence. */
function word(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === "string" && /^[\w.:/[\]-]{1,64}$/.test(value) ? value : "(not a name)";
}

/** Without ids, and without what nobody would name a route. */
function plainPath(path: string | undefined): string | null {
  if (path === undefined) return null;
  const segments = path.slice(0, 200).split("/");
  return segments.map((each) => (/^[a-z][a-z_-]{0,23}$|^v1$|^$/.test(each) ? each : "*")).join("/");
}
