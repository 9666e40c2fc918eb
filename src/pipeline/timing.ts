/**
 * How long an answer takes: until its first output, and until now. Counted from the moment the
 * request came, so that every wait of the client's is in it.
 */
import type { Elapsed } from "../facades/facade.ts";
import { type Frame, isOutput } from "../protocol/frame.ts";
import type { RequestScope } from "../scope.ts";

export interface Timing {
  /** Told of every frame in its order. */
  see(frame: Frame): void;
  elapsed(): Elapsed;
}

export function createTiming({ clock, acceptedAt }: RequestScope): Timing {
  let firstOutputAt: number | undefined;
  return {
    see({ type }) {
      if (firstOutputAt === undefined && isOutput(type)) firstOutputAt = clock.now();
    },
    elapsed() {
      const now = clock.now();
      // A wall clock may be set back meanwhile.
      const since = (at: number): number => Math.max(0, at - acceptedAt);
      return { firstOutputMs: since(firstOutputAt ?? now), totalMs: since(now) };
    },
  };
}
