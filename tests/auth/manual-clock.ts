import type { Clock } from "../../src/scope.ts";
import { start } from "./tokens.ts";

export interface ManualClock extends Clock {
  advance(seconds: number): void;
}

/** A clock that stands at `start` until the test moves it. */
export function createManualClock(): ManualClock {
  let now = start;
  return {
    now: () => now,
    advance(seconds) {
      now += seconds * 1000;
    },
  };
}
