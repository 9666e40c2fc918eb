import { expect, it } from "vitest";
import { openLedger } from "../../src/server/ledger.ts";
import { createRunning } from "../../src/server/running.ts";
import { countingIds, settableClock } from "../helpers/local-state.ts";

/** A ledger on a clock that is set by hand, and its last record. */
function open() {
  const clock = settableClock(1_700_000_000_000);
  const records: Readonly<Record<string, unknown>>[] = [];
  const running = createRunning();
  const transit = {
    open: (requestId: string) => ({
      requestId,
      record: (_phase: string, fields: Readonly<Record<string, unknown>>) => records.push(fields),
      close: () => "",
      discard: () => undefined,
    }),
    finish: () => undefined,
    close: async () => undefined,
  };
  const deps = {
    clock,
    ids: countingIds(),
    transit,
    running,
    withoutSecrets: (text: string) => text,
  };
  const ledger = openLedger(deps, { token: undefined, session: undefined });
  return { ledger, clock, records, running };
}

it.each([
  ["forward", 3_600_000, 3_600_000],
  ["back", -3_600_000, 0],
])("closes a request during which the clock is set %s, with no time below zero", (_, by, told) => {
  const { ledger, clock, records, running } = open();
  clock.set(clock.now() + by);
  ledger.begin();
  ledger.conclude({ status: 200, outcome: "completed" });
  expect(records).toMatchObject([{ first_byte_ms: told, duration_ms: told }]);
  expect(running.count).toBe(0);
});
