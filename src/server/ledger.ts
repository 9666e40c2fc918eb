/**
 * The books of one request, whatever carries its answer: the scope that it runs in, and its entry in
 * the transit log from the first record to the last. Knows no response and no socket.
 */
import type { RelayError } from "../errors.ts";
import { isoTime } from "../iso-time.ts";
import type { PumpResult } from "../pipeline/pump.ts";
import {
  type ClientIdentity,
  type Clock,
  createScope,
  type Ids,
  type RequestScope,
} from "../scope.ts";
import type { TransitLog } from "../transit/log.ts";
import type { Running } from "./running.ts";

export interface LedgerDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly transit: TransitLog;
  readonly running: Pick<Running, "add" | "isStopping">;
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
  /** Writes the last record and closes the scope. Called exactly once; never throws. */
  conclude(ending: Ending): void;
}

export function openLedger(deps: LedgerDeps, client: ClientIdentity): Ledger {
  const { clock, ids, transit } = deps;
  const entry = transit.open(`req_${ids.next()}`);
  const scope = createScope({ id: entry.requestId, clock, ids, transit: entry, client });
  deps.running.add(scope);
  let silent = false;
  // The clock may be set back meanwhile.
  const elapsedMs = (): number => Math.max(0, clock.now() - scope.acceptedAt);
  let firstByteMs: number | null = null;
  return {
    scope,
    silence() {
      silent = true;
    },
    begin() {
      firstByteMs = elapsedMs();
      entry.begun?.();
    },
    conclude({ status, outcome, body, error }) {
      const fields = {
        status_code: status,
        outcome,
        accepted_at: isoTime(scope.acceptedAt),
        first_byte_ms: firstByteMs,
        duration_ms: elapsedMs(),
        ...(body === undefined ? {} : { body }),
        ...(error === undefined ? {} : { error: describe(error) }),
      };
      // The answer is out: a defect of the log, or of what is released, must not become the client's
      // or the process's.
      attempt(() => {
        scope.transit.record("outbound_response", fields);
        if (!silent || error !== undefined) transit.finish(entry);
      });
      attempt(() => scope.close());
    },
  };
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // There is nobody left to tell: the log itself may be what failed.
  }
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
