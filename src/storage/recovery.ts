/**
 * What a crash or a bad disk leaves behind, and what becomes of it: unreadable files are copied
 * aside for the person to look at, half-written ones are removed. Knows no format.
 */
import { constants } from "node:fs";
import { copyFile, readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";

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

/** The names in a folder; none when there is no folder. */
export async function listNames(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Removes what an atomic write had begun when the process was killed: `<name>.json.<digits>`. */
export async function removeUnfinished(directory: string): Promise<void> {
  const names = await listNames(directory);
  const unfinished = names.filter((name) => /\.jsonl?\.\d+$/.test(name));
  await Promise.all(unfinished.map((name) => rm(join(directory, name), { force: true })));
}
