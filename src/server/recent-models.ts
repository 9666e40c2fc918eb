/** Which models were asked for of late: what Ollama calls running. In memory, and bounded. */
import type { Clock } from "../scope.ts";

export interface RecentModels {
  use(name: string): void;
  /** When each was asked for last, in milliseconds; those of the last ten minutes. */
  all(): ReadonlyMap<string, number>;
}

export const recentMs = 600_000;
/** Names come from clients, and wrong ones are names too. */
const mostNames = 200;

export function createRecentModels(clock: Clock): RecentModels {
  const used = new Map<string, number>();
  return {
    use(name) {
      // Put last again, so that the first is always the oldest.
      used.delete(name);
      used.set(name, clock.now());
      const [oldest] = used.keys();
      if (used.size > mostNames && oldest !== undefined) used.delete(oldest);
    },
    all() {
      const since = clock.now() - recentMs;
      return new Map([...used].filter(([, at]) => at > since));
    },
  };
}
