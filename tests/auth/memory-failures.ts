import { createRenewalFailures, type RenewalFailures } from "../../src/auth/renewal-failures.ts";
import type { Clock } from "../../src/scope.ts";

/** A file in memory, as two processes share one on disk. */
export function createMemoryFile() {
  let text: string | undefined;
  return {
    read: async () => text,
    async write(next: string) {
      text = next;
    },
    async remove() {
      const had = text !== undefined;
      text = undefined;
      return had;
    },
  };
}

export function createMemoryFailures(clock: Clock, file = createMemoryFile()): RenewalFailures {
  return createRenewalFailures({ file, clock });
}
