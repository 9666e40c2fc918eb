/** The application around routes of a test's own: everybody is let in, and nothing is logged. */
import type { RequestListener } from "node:http";
import { type AppDeps, createApp } from "../../src/server/app.ts";
import { createCors } from "../../src/server/cors.ts";
import type { Route } from "../../src/server/route.ts";
import { createRunning } from "../../src/server/running.ts";
import type { TransitLog } from "../../src/transit/log.ts";
import { countingIds } from "./local-state.ts";
import { realClock } from "./test-relay.ts";

export function createOpenApp(
  routes: readonly Route[],
  others: Partial<AppDeps> = {},
): RequestListener {
  return createApp({
    routes,
    clock: realClock,
    ids: countingIds(),
    transit: noTransit,
    running: createRunning(),
    admit: async () => undefined,
    clientAddress: () => "127.0.0.1",
    cors: createCors([]),
    withoutSecrets: (text) => text,
    preflight: () => undefined,
    refuse: (_asker, _path, error) => {
      throw error;
    },
    dialects: [],
    ...others,
  });
}

export const noTransit: TransitLog = {
  open: (requestId) => ({
    requestId,
    record: () => undefined,
    close: () => "",
    discard: () => undefined,
  }),
  finish: () => undefined,
  close: async () => undefined,
};
