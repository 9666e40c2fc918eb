/**
 * How long an answer takes: until its first output, and until now. Counted from the moment the
 * request came, so that every wait of the client's is in it.
 */
import type { Elapsed } from "../facades/facade.ts";
import { type Frame, isOutput } from "../protocol/frame.ts";
import type { RequestScope } from "../scope.ts";
import type { Witness } from "./record-answer.ts";

export interface Timing extends Witness {
  elapsed(): Elapsed;
}

export function createTiming(scope: RequestScope): Timing {
  return new AnswerTiming(scope);
}

class AnswerTiming implements Timing {
  readonly #scope: RequestScope;
  #firstOutputAt: number | undefined;

  constructor(scope: RequestScope) {
    this.#scope = scope;
  }

  see({ type }: Frame): void {
    if (this.#firstOutputAt !== undefined || !isOutput(type)) return;
    this.#firstOutputAt = this.#scope.clock.now();
  }

  elapsed(): Elapsed {
    const { clock, acceptedAt } = this.#scope;
    const now = clock.now();
    // A wall clock may be set back meanwhile.
    const since = (at: number): number => Math.max(0, at - acceptedAt);
    return { firstOutputMs: since(this.#firstOutputAt ?? now), totalMs: since(now) };
  }
}
