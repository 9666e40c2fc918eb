/**
 * Where the login, the token, the log and the memory are kept: is it there, is it ours, and can only
 * we read it? Modes and owners are looked at where the system enforces them.
 */
import type { Stats } from "node:fs";
import { constants } from "node:fs";
import { access, lstat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf } from "../../errors.ts";
import { isForeign } from "../../storage/atomic-file.ts";
import type { Check, Finding } from "./check.ts";

/** Of room: a log of full texts fills the rest within days. */
const littleBytes = 100 * 1024 * 1024;

export const dataFolder: Check = {
  name: "data_folder",
  needs: [],
  async run({ loaded, runtime }) {
    const { config } = loaded;
    const folder = config.paths.dataDir;
    const stats = await lstat(folder).catch((error: NodeJS.ErrnoException) => error);
    if (stats instanceof Error) return unreadable(folder, stats);
    const secrets = [
      join(folder, "auth.json"),
      join(folder, "auth.sealed"),
      config.security.bearerTokenFile,
    ];
    const folders = [config.paths.logsDir, join(folder, "state"), join(folder, "uploads")];
    const isPosix = runtime.platform !== "win32";
    const findings = [
      await writable(folder),
      await room(folder),
      ...(await linkedLogin(secrets.slice(0, 2))),
      ...(isPosix ? await modes(secrets, 0o600, "fail") : []),
      ...(isPosix ? await modes([folder, ...folders], 0o700, "warn") : []),
      ...(isPosix ? await owners([folder, ...secrets], runtime.userId) : []),
    ];
    const worst =
      findings.find(({ status }) => status === "fail") ??
      findings.find(({ status }) => status === "warn");
    if (worst !== undefined) return worst;
    const modesText = isPosix ? "; readable by you only" : "";
    return { status: "ok", detail: `\`${folder}\`${modesText}` };
  },
};

function unreadable(folder: string, error: NodeJS.ErrnoException): Finding {
  if (error.code === "ENOENT") {
    const detail = `\`${folder}\` does not exist yet.`;
    return { status: "warn", detail, next: "airelays init" };
  }
  return {
    status: "fail",
    detail: `\`${folder}\` cannot be looked at: ${reasonOf(error)}.`,
    next: "Check who owns it, or name another folder with `--data-dir`",
  };
}

async function writable(folder: string): Promise<Finding> {
  try {
    // A folder without the right to enter it cannot be written to either.
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return { status: "ok", detail: "" };
  } catch (error) {
    return {
      status: "fail",
      detail: `\`${folder}\` cannot be written to: ${reasonOf(error)}.`,
      next: "Check who owns it and whether its disk is read-only, or name another with `--data-dir`",
    };
  }
}

async function room(folder: string): Promise<Finding> {
  const disk = await statfs(folder).catch(() => undefined);
  // Some file systems of networks tell no sizes.
  if (disk === undefined || disk.blocks === 0) return { status: "ok", detail: "" };
  const free = disk.bavail * disk.bsize;
  if (free >= littleBytes) return { status: "ok", detail: "" };
  return {
    status: free === 0 ? "fail" : "warn",
    detail: `The disk of \`${folder}\` has ${Math.floor(free / 1024 / 1024)} MB left.`,
    next: "Make room: old files of the transit log may be deleted",
  };
}

/** The relay refuses a login behind a link; a token may well be one (mounted secrets are). */
async function linkedLogin(paths: readonly string[]): Promise<Finding[]> {
  const found = await present(paths);
  return found
    .filter(({ stats }) => stats.isSymbolicLink())
    .map(({ path }) => ({
      status: "fail",
      detail: `\`${path}\` is a symbolic link, and the login is not read or written through one.`,
      next: "Delete the link, then: airelays login",
    }));
}

async function modes(
  paths: readonly string[],
  wanted: number,
  status: "warn" | "fail",
): Promise<Finding[]> {
  const found = await present(paths);
  return found
    .filter(({ stats }) => !stats.isSymbolicLink() && (stats.mode & 0o077) !== 0)
    .map(({ path, stats }) => ({
      status,
      detail: `\`${path}\` is open to other users (${octal(stats.mode)}).`,
      next: `chmod ${octal(wanted)} ${path}`,
    }));
}

async function owners(paths: readonly string[], userId: number | undefined): Promise<Finding[]> {
  const found = await present(paths);
  return found
    .filter(({ stats }) => isForeign(stats.uid, userId))
    .map(({ path }) => ({
      status: "fail",
      detail: `\`${path}\` belongs to another user.`,
      next: "Run airelays as the user who set it up, or give the folder to this one with chown",
    }));
}

async function present(
  paths: readonly string[],
): Promise<{ readonly path: string; readonly stats: Stats }[]> {
  const all = await Promise.all(
    paths.map(async (path) => ({ path, stats: await lstat(path).catch(() => undefined) })),
  );
  return all.flatMap(({ path, stats }) => (stats === undefined ? [] : [{ path, stats }]));
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, "0");
}
