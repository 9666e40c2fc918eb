/**
 * Files that must be whole or absent: written beside, synced, renamed; 0600 in a 0700 folder.
 * Knows nothing of what is in them.
 */
import { randomInt } from "node:crypto";
import { mkdir, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes the folder and its parents; what it makes is 0700. A folder that exists keeps its mode. */
export async function makePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

/**
 * Replaces the file in one step: a reader, or a crash, sees the old text or the new, never a part.
 * Written here and not by a package: `write-file-atomic` takes a short write, which is what a disk
 * that is nearly full gives, for a whole one, and puts the half in the place of the good file.
 */
export async function writePrivateFile(path: string, text: string | Buffer): Promise<void> {
  await makePrivateDirectory(dirname(path));
  // A file that is a link stays one, and what it points to is replaced.
  const target = await realpath(path).catch(() => path);
  // A name that nobody gives to a copy of their own: a later start removes it.
  const unfinished = `${target}.${randomInt(2 ** 47)}.unfinished`;
  try {
    await writeSynced(unfinished, text, await ownerOf(target));
    await rename(unfinished, target);
  } catch (error) {
    // The first failure is the one to tell; what stays is removed by a later start.
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(target));
}

/** The text of the file, or undefined when there is none. Any other failure is thrown. */
export async function readTextIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Whose the file is, so that a command run by root does not lock the person out. */
function ownerOf(path: string): Promise<Owner | undefined> {
  return stat(path).catch(() => undefined);
}

async function writeSynced(
  path: string,
  text: string | Buffer,
  owner: Owner | undefined,
): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    // Only root may give a file away, and the owner has it already.
    if (owner !== undefined) await file.chown(owner.uid, owner.gid).catch(() => undefined);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A power cut takes a rename back that is not on the disk. Costs 0.4 ms here, and 6 at worst. */
async function syncDirectory(path: string): Promise<void> {
  // Windows opens no folders, and some network folders sync none; the file itself is safe by now.
  const directory = await open(path, "r").catch(() => undefined);
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}

/**
 * Is a secret in a file of that owner somebody else's to choose? Root owns the files that it provides
 * to others, and reads the files of everybody.
 */
export function isForeign(owner: number, userId: number | undefined): boolean {
  return userId !== undefined && userId !== 0 && owner !== userId && owner !== 0;
}
