/** Looks a command up as the system does: in the folders of `PATH`, with the endings that Windows adds. */
import { readFileSync, statSync } from "node:fs";
import { posix, win32 } from "node:path";
import type { Machine } from "../config/paths.ts";

/** What is asked of the disk; another one lets Windows be tried anywhere. */
export interface ProgramFiles {
  /** The mode of a file; undefined when there is none. */
  modeOf(path: string): number | undefined;
  textOf(path: string): string;
}

export interface Surroundings extends Pick<Machine, "env" | "platform"> {
  readonly files?: ProgramFiles;
}

/** The file that would be started; undefined when there is none, or none that may be. */
export function findProgram(name: string, place: Surroundings): string | undefined {
  const { platform, files = realFiles } = place;
  return candidates(name, place).find((path) => {
    const mode = files.modeOf(path);
    return mode !== undefined && (platform === "win32" || (mode & 0o111) !== 0);
  });
}

/** Is there a file of that name, though it may not be started? */
export function isThere(name: string, place: Surroundings): boolean {
  const { files = realFiles } = place;
  return candidates(name, place).some((path) => files.modeOf(path) !== undefined);
}

function candidates(name: string, { env, platform }: Surroundings): string[] {
  if (name === "") return [];
  const isWindows = platform === "win32";
  const { join, delimiter } = isWindows ? win32 : posix;
  const isPath = isWindows ? /[\\/:]/.test(name) : name.includes("/");
  // Empty entries mean the current folder in POSIX; nobody means that, and it is how traps are set.
  const folders = (variable(env, "PATH", isWindows) ?? "").split(delimiter).filter(Boolean);
  const paths = isPath ? [name] : folders.map((folder) => join(folder, name));
  if (!isWindows) return paths;
  const endings = (variable(env, "PATHEXT", true) ?? ".COM;.EXE;.BAT;.CMD").split(";");
  return paths.flatMap((path) => [
    ...(win32.extname(name) === "" ? [] : [path]),
    ...endings.filter(Boolean).map((ending) => `${path}${ending.toLowerCase()}`),
  ]);
}

/** Windows calls it `Path`, and does not care. */
export function variable(
  env: Surroundings["env"],
  name: string,
  ignoresCase: boolean,
): string | undefined {
  if (!ignoresCase || env[name] !== undefined) return env[name];
  const spelled = Object.keys(env).find((each) => each.toUpperCase() === name);
  return spelled === undefined ? undefined : env[spelled];
}

export const realFiles: ProgramFiles = {
  modeOf(path) {
    try {
      const facts = statSync(path, { throwIfNoEntry: false });
      return facts?.isFile() === true ? facts.mode : undefined;
    } catch {
      // A folder of PATH that may not be looked into holds nothing for us.
      return undefined;
    }
  },
  textOf: (path) => readFileSync(path, "utf8"),
};
