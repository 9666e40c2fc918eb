/** The limits of a relay, from the settings of `[security]`. */
import { createLimits, type Limits } from "./access/limits.ts";
import type { Config } from "./config/schema.ts";
import type { Clock } from "./scope.ts";

export function relayLimits({ security }: Config, clock: Clock): Limits {
  return createLimits({
    ratePerMinute: security.rateLimitPerMinute,
    burst: security.rateLimitBurst,
    concurrent: security.concurrentRequestsPerIp,
    failedAuth: {
      windowSeconds: security.failedAuthWindowSeconds,
      maxAttempts: security.failedAuthMaxAttempts,
      blockSeconds: security.failedAuthBlockSeconds,
    },
    clock,
  });
}
