import type { Clock } from "../../src/scope.ts";
import { start } from "./tokens.ts";

export interface ManualClock extends Clock {
  advance(seconds: number): void;
}

/** A clock that stands until the test moves it: at `start`, or where the test says. */
export function createManualClock(at = start): ManualClock {
  let now = at;
  return {
    now: () => now,
    advance(seconds) {
      now += seconds * 1000;
    },
  };
}
