/**
 * One request of the log by its id: the relay's own, the beginning of it, the one that the client
 * sent, or that of the answer.
 */
import { RelayError } from "../../errors.ts";
import { isJsonObject } from "../../protocol/json.ts";
import { readNewestFirst } from "../../transit/read-log.ts";
import type { StoredRecord, StoredTransit } from "../../transit/stored-transit.ts";
import type { Args } from "../context.ts";

/** The records of the newest request of that id. Throws when there is none. */
export async function findRecords(directory: string, id: string): Promise<readonly StoredRecord[]> {
  const isIt = questionOf(id);
  for await (const transit of readNewestFirst(directory)) {
    if (!(await isIt(transit))) continue;
    // Read here: the file is closed when the loop is left.
    return await transit.records();
  }
  throw new RelayError("not_found", `No request \`${id}\` is in the log at \`${directory}\`.`, {
    hint: "airelays logs",
  });
}

/** The id that a command was given. */
export function requestIdOf({ "request-id": given }: Args): string {
  return parseRequestId(String(given ?? ""));
}

/** A few letters would be many requests; and it is repeated in messages. */
export function parseRequestId(text: string): string {
  const id = text.trim();
  if (/^[\w.:-]{6,200}$/.test(id)) return id;
  throw new RelayError("usage", "A request is named by its id, or at least six letters of it", {
    hint: "airelays logs",
  });
}

/** Is this the request? Reads records only where the id is none that the relay makes. */
export function questionOf(id: string): (transit: StoredTransit) => boolean | Promise<boolean> {
  const isOurs = /^(req_)?[0-9a-f]{6,32}$/.test(id);
  const start = id.startsWith("req_") ? id : `req_${id}`;
  if (isOurs) return ({ requestId }) => requestId?.startsWith(start) === true;
  const phases = new Set(["inbound_request", "upstream_usage"]);
  return async (transit) => {
    const records = await transit.records(phases);
    return records.some(({ headers, response_id: responseId }) => {
      const sent = isJsonObject(headers) ? headers["x-request-id"] : undefined;
      return sent === id || responseId === id;
    });
  };
}
