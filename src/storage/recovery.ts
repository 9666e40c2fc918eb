/**
 * What a crash or a bad disk leaves behind, and what becomes of it: unreadable files are copied
 * aside for the person to look at, half-written ones are removed. Knows no format.
 */
import { constants } from "node:fs";
import { copyFile, readdir, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { reasonOf } from "../errors.ts";
import type { Clock } from "../scope.ts";

/** Copies a damaged file to the first free `<name>.damaged-<n>` and returns that name. */
export async function setAside(path: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const target = `${path}.damaged-${number}`;
    try {
      await copyFile(path, target, constants.COPYFILE_EXCL);
      return basename(target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/**
 * Takes a damaged file out of use and says so: `what` is a sentence. A disk that lets nothing be
 * moved must not make the other files unreadable too, so this does not fail.
 */
export async function takeOut(
  path: string,
  what: string,
  onNotice: (text: string) => void,
): Promise<void> {
  try {
    const aside = await setAside(path);
    await rm(path, { force: true });
    onNotice(`${what} It is no longer used, and kept as \`${aside}\`.`);
  } catch (error) {
    onNotice(`${what} It is no longer used, and could not be set aside: ${reasonOf(error)}`);
  }
}

/** The names in a folder; none when there is no folder. */
export async function listNames(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** The end of what an atomic write had begun when the process was killed. */
export const unfinishedWrite = /\.\d+\.unfinished$/;

/** The names of what writes of this one file had begun. */
export function unfinishedWritesOf(path: string): { test(name: string): boolean } {
  const start = `${basename(path)}.`;
  return {
    test: (name) => name.startsWith(start) && /^\d+\.unfinished$/.test(name.slice(start.length)),
  };
}

/** Another relay on the same folder may be writing; no write of a living one rests as long. */
const abandonedAfterMs = 3_600_000;

/** Removes what a killed process was just writing: files of these names, unchanged for an hour. */
export async function removeUnfinished(
  directory: string,
  names: Pick<RegExp, "test">,
  clock: Clock,
): Promise<void> {
  const unfinished = (await listNames(directory)).filter((name) => names.test(name));
  await Promise.all(
    unfinished.map(async (name) => {
      const path = join(directory, name);
      try {
        const { mtimeMs } = await stat(path);
        if (clock.now() - mtimeMs > abandonedAfterMs) await rm(path, { force: true });
      } catch {
        // Its writer was quicker, or it cannot be removed: it harms nobody, and the next start tries.
      }
    }),
  );
}

/** The same for one file whose folder holds others too. */
export async function removeUnfinishedOf(path: string, clock: Clock): Promise<void> {
  // As when it is written: a file that is a link is written where the link points to.
  const target = await realpath(path).catch(() => path);
  await removeUnfinished(dirname(target), unfinishedWritesOf(target), clock);
}
