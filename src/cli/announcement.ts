/**
 * A relay's side of the run files: it says where it serves, notices when it is asked to stop, and
 * takes away what relays that were killed left.
 */
import { join } from "node:path";
import type { LoadedConfig } from "../config/load.ts";
import { reasonOf } from "../errors.ts";
import { type RunningRelay, readRunFiles, removeRunFile, writeRunFile } from "../run-files.ts";
import { onStopRequest, removeStopRequest } from "../stop-request.ts";
import { removeUnfinished, unfinishedWrite } from "../storage/recovery.ts";
import { version } from "../version.ts";
import { type CommandContext, note } from "./context.ts";
import { relayAt } from "./relay-at.ts";
import { startOf } from "./start-options.ts";

export interface Announcement {
  /** Resolves when another command asks the relay to stop. */
  readonly stopAsked: Promise<void>;
  /** After this, whoever asked for the end knows that it came. */
  withdraw(): Promise<void>;
}

export interface Announced {
  readonly instance: string;
  readonly url: string;
  readonly port: number;
  readonly ollamaUrl: string | undefined;
  readonly ollamaPort: number | undefined;
}

/** Lets the other commands find this relay; one that cannot be found serves all the same. */
export async function announce(
  { args, io, runtime }: CommandContext,
  loaded: LoadedConfig,
  { instance, url, port, ollamaUrl, ollamaPort }: Announced,
): Promise<Announcement> {
  const { paths, server } = loaded.config;
  const { dataDir } = paths;
  const relay: RunningRelay = {
    instance,
    pid: runtime.processId,
    url,
    ...(ollamaUrl !== undefined && { ollamaUrl }),
    startedAt: runtime.clock.now(),
    version,
    hostName: runtime.hostName,
    drainSeconds: server.drainSeconds,
    start: startOf(args, loaded, runtime, { port, ollamaPort }),
  };
  let endLooking = (): void => undefined;
  const stopAsked = new Promise<void>((resolve) => {
    endLooking = onStopRequest(dataDir, instance, resolve);
  });
  await writeRunFile(dataDir, relay).catch((error: unknown) =>
    note(io, `Other commands cannot find this relay: ${reasonOf(error)}`),
  );
  return {
    stopAsked,
    async withdraw() {
      endLooking();
      // What stays tells of a relay that does not answer; the next start takes it away.
      await Promise.allSettled([
        removeStopRequest(dataDir, instance),
        removeRunFile(dataDir, instance),
      ]);
    },
  };
}

/** Removes the files of relays that are gone. Nothing of it is worth a relay that does not start. */
export async function removeStaleRunFiles(
  { io, runtime }: Pick<CommandContext, "io" | "runtime">,
  dataDir: string,
): Promise<void> {
  const { hostName, processId, clock } = runtime;
  const { isAlive } = await io.programs();
  const isGone = async ({ pid, url, instance, ...relay }: RunningRelay): Promise<boolean> => {
    // Another machine's processes cannot be looked for from here.
    if (relay.hostName !== hostName) return false;
    if (!isAlive(pid)) return true;
    // In a container that starts again, every relay is process 1.
    return pid === processId && (await relayAt(url))?.instance !== instance;
  };
  const remove = async (relay: RunningRelay): Promise<void> => {
    if (!(await isGone(relay))) return;
    await removeRunFile(dataDir, relay.instance);
    await removeStopRequest(dataDir, relay.instance);
  };
  const relays = await readRunFiles(dataDir).catch(() => []);
  await Promise.allSettled([
    ...relays.map(remove),
    removeUnfinished(join(dataDir, "run"), unfinishedWrite, clock),
  ]);
}
