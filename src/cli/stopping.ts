/** Asks a relay to stop and waits until it has ended, its running answers included. */
import { setTimeout as delay } from "node:timers/promises";
import { RelayError } from "../errors.ts";
import { hasRunFile, type RunningRelay, removeRunFile } from "../run-files.ts";
import { removeStopRequest, requestStop } from "../stop-request.ts";
import type { CommandContext } from "./context.ts";
import { relayAt } from "./relay-at.ts";
import { nameOf } from "./running-relays.ts";

const lookEveryMs = 50;

/** One that looks twice a second has noticed by then. */
const noticeMs = 5_000;

/** For what comes after the answers: the log, the stores. */
const spareSeconds = 10;

export async function stopRelay(
  { io, runtime }: CommandContext,
  dataDir: string,
  relay: RunningRelay,
): Promise<void> {
  const { instance, pid, url, drainSeconds = 10 } = relay;
  const { clock, hostName } = runtime;
  const { isAlive } = await io.programs();
  // A number of another machine says nothing here.
  const isHere = relay.hostName === hostName && isAlive(pid);
  const hasEnded = async (): Promise<boolean> =>
    !(await hasRunFile(dataDir, instance)) || (isHere && !isAlive(pid));
  const progress = await io.progress(
    `Stopping ${nameOf(relay)}; running answers get ${drainSeconds} seconds`,
  );
  const began = clock.now();
  let hasNoticed = false;
  try {
    await requestStop(dataDir, instance);
    while (!(await hasEnded())) {
      const passedMs = clock.now() - began;
      if (!hasNoticed && passedMs > noticeMs) {
        hasNoticed = (await relayAt(url))?.instance !== instance;
        if (!hasNoticed) throw goesOn(relay, "does not notice that it is asked to stop");
      }
      if (passedMs > (drainSeconds + spareSeconds) * 1000) {
        throw goesOn(relay, "takes no more requests, and does not come to its end");
      }
      await delay(lookEveryMs);
    }
  } finally {
    progress.stop();
    await removeStopRequest(dataDir, instance);
  }
  // Left when it was ended in the middle of it.
  await removeRunFile(dataDir, instance);
}

function goesOn(relay: RunningRelay, how: string): RelayError {
  return new RelayError("stop_failed", `The relay at ${nameOf(relay)} ${how}.`, {
    hint: `End the process ${relay.pid} with the means of the system.`,
  });
}
