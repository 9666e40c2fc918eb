/**
 * The books of one request, whatever carries its answer: the scope that it runs in, and its entry in
 * the transit log from the first record to the last. Knows no response and no socket.
 */
import type { RelayError } from "../errors.ts";
import type { PumpResult } from "../pipeline/pump.ts";
import {
  type ClientIdentity,
  type Clock,
  createScope,
  type Ids,
  type RequestScope,
} from "../scope.ts";
import type { TransitLog } from "../transit/log.ts";

export interface LedgerDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly transit: TransitLog;
  /** Takes live secrets out of what a client is told of a failure. */
  readonly withoutSecrets: (text: string) => string;
}

/** How the request ended, for the log. */
export interface Ending {
  readonly status: number;
  readonly outcome: PumpResult["outcome"] | "rejected";
  readonly body?: unknown;
  readonly error?: RelayError;
}

export interface Ledger {
  readonly scope: RequestScope;
  /** Keeps the request out of the transit log unless it fails: a monitor's poll. */
  silence(): void;
  /** The answer begins now. */
  begin(): void;
  /** Writes the last record and closes the scope. Called exactly once. */
  conclude(ending: Ending): void;
}

export function openLedger({ clock, ids, transit }: LedgerDeps, client: ClientIdentity): Ledger {
  const entry = transit.open(`req_${ids.next()}`);
  const scope = createScope({ id: entry.requestId, clock, ids, transit: entry, client });
  let silent = false;
  let firstByteAt: number | undefined;
  return {
    scope,
    silence() {
      silent = true;
    },
    begin() {
      firstByteAt = clock.now();
    },
    conclude({ status, outcome, body, error }) {
      scope.transit.record("outbound_response", {
        status_code: status,
        outcome,
        accepted_at: new Date(scope.acceptedAt).toISOString(),
        first_byte_ms: firstByteAt === undefined ? null : firstByteAt - scope.acceptedAt,
        duration_ms: clock.now() - scope.acceptedAt,
        ...(body === undefined ? {} : { body }),
        ...(error === undefined ? {} : { error: describe(error) }),
      });
      try {
        if (!silent || error !== undefined) transit.finish(entry);
      } finally {
        scope.close();
      }
    },
  };
}

/** For the log: what the client was told, and the details that it was not. */
function describe({ code, message, details }: RelayError): Readonly<Record<string, unknown>> {
  const { cause, upstream, param } = details;
  return {
    code,
    message,
    ...(param === undefined ? {} : { param }),
    ...(upstream === undefined ? {} : { upstream }),
    ...(cause instanceof Error ? { cause: cause.stack ?? cause.message } : {}),
  };
}
