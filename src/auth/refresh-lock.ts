/**
 * One refresh, sign-in or sign-out at a time among all processes of a data folder: a refresh token
 * works once, and whoever presents it second is signed out. Knows nothing of what it guards.
 */
import { join } from "node:path";
import { RelayError, reasonOf } from "../errors.ts";
import type { Clock } from "../scope.ts";
import { makePrivateDirectory } from "../storage/atomic-file.ts";

/** Runs the work while no other process refreshes, signs in or out. */
export type RefreshLock = <Result>(work: () => Promise<Result>) => Promise<Result>;

export interface RefreshLockOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** Longer than a refresh may take (30 s). */
  readonly waitMs?: number;
  /** A lock whose holder did not renew it for so long is taken over; the holder crashed. */
  readonly staleMs?: number;
}

export function createRefreshLock(options: RefreshLockOptions): RefreshLock {
  const { dataDir, clock, sleep, waitMs = 45_000, staleMs = 10_000 } = options;
  const path = join(dataDir, "auth.lock");

  const acquire = async (): Promise<() => Promise<void>> => {
    const deadline = clock.now() + waitMs;
    // Loaded at the first lock: `status` and most requests take none.
    const { lock } = await import("proper-lockfile");
    for (;;) {
      try {
        await makePrivateDirectory(dataDir);
        return await lock(path, {
          lockfilePath: path,
          realpath: false,
          stale: staleMs,
          // The default throws from a timer and ends the process. A lock lost to a long sleep of the
          // machine is found out at the issuer, as one spent refresh token.
          onCompromised: () => {},
        });
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // No lock can be made on a full or read-only disk, and no other process could write a
        // login there either: refresh without one, so that the relay goes on from memory.
        if (isUnwritable(code)) return async () => {};
        if (code !== "ELOCKED")
          throw failed(`Could not lock \`${path}\`: ${reasonOf(error)}.`, error);
        if (clock.now() >= deadline) {
          throw failed(`Another airelays process has held \`${path}\` for too long.`, error);
        }
      }
      await sleep(100);
    }
  };

  return async (work) => {
    const release = await acquire();
    try {
      return await work();
    } finally {
      // Rejects when the lock was taken over meanwhile; the work is done all the same.
      await release().catch(() => {});
    }
  };
}

function isUnwritable(code: string | undefined): boolean {
  return code === "EROFS" || code === "EACCES" || code === "EPERM" || code === "ENOSPC";
}

function failed(what: string, cause: unknown): RelayError {
  return new RelayError("storage_failed", `${what} Stop the other process, then try again.`, {
    cause,
  });
}
