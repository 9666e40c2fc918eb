/**
 * A file that only its owner may read and that must not be somebody else's: what the login is read
 * from and written to. Knows nothing of what is in it.
 */
import { constants } from "node:fs";
import { lstat, open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isRelayError, RelayError, reasonOf } from "../errors.ts";
import { isForeign, writePrivateFile } from "../storage/atomic-file.ts";
import { listNames, unfinishedWritesOf } from "../storage/recovery.ts";

export interface PrivateFile {
  readonly path: string;
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
  /** With what a killed process had begun to write. */
  remove(): Promise<boolean>;
  /** Changes whenever the file was written or removed. */
  revision(): Promise<string>;
}

export interface PrivateFileOptions {
  readonly path: string;
  readonly platform: NodeJS.Platform;
  /** The user who runs the program; another's file is refused when it is known. */
  readonly userId?: number | undefined;
  /** Told what was put right. */
  readonly onNotice: (text: string) => void;
}

export function createPrivateFile(options: PrivateFileOptions): PrivateFile {
  const { path, platform, userId, onNotice } = options;
  return {
    path,
    async read() {
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
      const file = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        // Linux and macOS answer ELOOP, FreeBSD EMLINK.
        if (error.code === "ELOOP" || error.code === "EMLINK") throw isLink(path);
        throw unreadable(path, error);
      });
      if (file === undefined) return undefined;
      try {
        const { mode, uid } = await file.stat();
        if (platform !== "win32" && isForeign(uid, userId)) throw isForeigners(path);
        // Windows shows modes that it does not enforce; there the user's profile folder protects.
        if (platform !== "win32" && (mode & 0o077) !== 0) {
          await file.chmod(0o600);
          onNotice(`\`${path}\` was readable by other users; its mode is now 0600.`);
        }
        return await file.readFile("utf8");
      } catch (error) {
        throw isRelayError(error) ? error : unreadable(path, error);
      } finally {
        await file.close();
      }
    },
    async write(text) {
      // What a link points to would be replaced: a planted link would choose the place.
      const present = await lstat(path).catch(() => undefined);
      if (present?.isSymbolicLink()) throw isLink(path);
      try {
        await writePrivateFile(path, text);
      } catch (error) {
        throw new RelayError(
          "storage_failed",
          `Could not write \`${path}\`: ${reasonOf(error)}. Check that its folder can be written.`,
          { cause: error },
        );
      }
    },
    async remove() {
      try {
        await removeUnfinished(path);
        await rm(path);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
        throw new RelayError(
          "storage_failed",
          `Could not delete \`${path}\`: ${reasonOf(error)}. Delete it yourself.`,
          { cause: error },
        );
      }
    },
    async revision() {
      // Every write renames a new file into place, so the inode alone would almost do.
      const facts = await stat(path, { bigint: true }).catch(() => undefined);
      return facts === undefined ? "none" : `${facts.ino}:${facts.mtimeNs}:${facts.size}`;
    },
  };
}

/** A process that was killed while it wrote leaves the text beside the file, as `auth.json.1234.unfinished`. */
async function removeUnfinished(path: string): Promise<void> {
  const folder = dirname(path);
  const names = (await listNames(folder)).filter(unfinishedWritesOf(path).test);
  await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
}

function isLink(path: string): RelayError {
  return new RelayError(
    "storage_failed",
    `\`${path}\` is a symbolic link, so another place could be read or written. Delete the link, then sign in again. Run: airelays login`,
    { hint: "airelays login" },
  );
}

function isForeigners(path: string): RelayError {
  return new RelayError(
    "storage_failed",
    `\`${path}\` belongs to another user, who could put another login into it. Move it away, then sign in again. Run: airelays login`,
    { hint: "airelays login" },
  );
}

function unreadable(path: string, error: unknown): RelayError {
  return new RelayError(
    "storage_failed",
    `Could not read \`${path}\`: ${reasonOf(error)}. Check who owns it.`,
    { cause: error },
  );
}
