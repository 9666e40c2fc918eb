/** What may carry requests to the upstream: what holds for one must hold for the other. */
import { startTestRelay, type TestRelay, type TestRelayOptions } from "./test-relay.ts";

export const transports = ["http", "websocket"] as const;

/** Starts relays that use it. */
export function relayOver(
  transport: (typeof transports)[number],
): (options?: TestRelayOptions) => Promise<TestRelay> {
  return (options = {}) =>
    startTestRelay({
      ...options,
      env: { AIRELAYS_UPSTREAM_TRANSPORT: transport, ...options.env },
    });
}
