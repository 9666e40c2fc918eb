/**
 * Files that must be whole or absent: written beside, synced, renamed; 0600 in a 0700 folder.
 * Knows nothing of what is in them.
 */
import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import writeFileAtomic from "write-file-atomic";

/** Makes the folder and its parents; what it makes is 0700. A folder that exists keeps its mode. */
export async function makePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

/** Replaces the file in one step: a reader, or a crash, sees the old text or the new, never a part. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await makePrivateDirectory(dirname(path));
  await writeFileAtomic(path, text, { mode: 0o600, encoding: "utf8" });
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
