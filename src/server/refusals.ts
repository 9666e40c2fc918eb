/**
 * What the log keeps of requests that were not let in. They cost their sender nothing, so neither
 * their number nor their size may fill the disk: a few short fields of each, and of a flood only
 * some, with the count of the others.
 */
import type { IncomingMessage } from "node:http";
import { isRelayError } from "../errors.ts";
import type { Clock, RequestScope } from "../scope.ts";

/** Who asks: the request that was sent, the address that counts, and what the asking belongs to. */
export interface Asker {
  readonly req: IncomingMessage;
  readonly client: string;
  readonly scope: RequestScope;
}

/** Records the refusal, or keeps the whole request out of the log. */
export type RecordRefusal = (asker: Asker, path: string, error: unknown) => void;

/** A page that asks in a loop is told apart from a guesser by these; secrets among them are hidden by name. */
const secretHeaders = ["authorization", "x-api-key", "sec-websocket-protocol"];
const plainHeaders = ["host", "origin", "sec-fetch-site", "user-agent", "upgrade", "content-type"];
const longestValue = 200;

/** 10 a minute in the long run are 20 MB a day at the very most. */
const burst = 100;
const msForOne = 6_000;

export function createRecordRefusal(clock: Clock): RecordRefusal {
  let room = burst;
  let filledAt = clock.now();
  let unrecorded = 0;

  const hasRoom = (): boolean => {
    const now = clock.now();
    room = Math.min(burst, room + Math.max(0, now - filledAt) / msForOne);
    filledAt = now;
    if (room < 1) return false;
    room -= 1;
    return true;
  };

  return ({ req, client, scope }, path, error) => {
    if (!hasRoom()) {
      unrecorded += 1;
      scope.transit.discard();
      return;
    }
    const reason = isRelayError(error) ? error.code : "internal_error";
    scope.transit.record(
      reason === "invalid_api_key" ? "endpoint_auth_failed" : "endpoint_rejected",
      {
        method: req.method,
        path: path.slice(0, longestValue),
        headers: shortHeaders(req),
        client_ip: client,
        reason,
        ...(unrecorded === 0 ? {} : { unrecorded }),
      },
    );
    unrecorded = 0;
  };
}

function shortHeaders({ headers }: IncomingMessage): Readonly<Record<string, unknown>> {
  const told: Record<string, unknown> = {};
  for (const name of secretHeaders) {
    if (headers[name] !== undefined) told[name] = headers[name];
  }
  for (const name of plainHeaders) {
    const value = headers[name];
    if (value !== undefined) told[name] = String(value).slice(0, longestValue);
  }
  return told;
}
