/**
 * How a relay is asked to stop: a file beside its run file, with its instance as the name. Not a
 * signal, because Windows has none that lets answers end, and because a process number may mean
 * another process on this machine (a container's, a dead relay's). Who may write to the data folder
 * may ask; nothing is reached over HTTP.
 */
import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import { writePrivateFile } from "./storage/atomic-file.ts";

/** Looked at, not listened to: folders of other systems and network folders tell of no change. */
const lookEveryMs = 500;

export async function requestStop(dataDir: string, instance: string): Promise<void> {
  await writePrivateFile(pathOf(dataDir, instance), "");
}

export async function removeStopRequest(dataDir: string, instance: string): Promise<void> {
  await rm(pathOf(dataDir, instance), { force: true });
}

/** Calls back when this relay is asked to stop, more than once perhaps. The result ends the looking. */
export function onStopRequest(dataDir: string, instance: string, stop: () => void): () => void {
  const path = pathOf(dataDir, instance);
  const timer = setInterval(() => {
    access(path).then(stop, () => undefined);
  }, lookEveryMs);
  // Not what keeps a relay alive.
  timer.unref();
  return () => clearInterval(timer);
}

function pathOf(dataDir: string, instance: string): string {
  return join(dataDir, "run", `${instance}.stop`);
}
