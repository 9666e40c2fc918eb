/**
 * Where the files of the relay are on this machine: the config file, the data folder, and the old
 * places of both. Looks whether they exist and never opens one.
 */
import { existsSync } from "node:fs";
import { posix, win32 } from "node:path";
import { configPathNames } from "./settings.ts";

/** What paths depend on. The platform decides the separator, so Windows paths can be tested anywhere. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly homeDirectory: string;
  /** What a relative path that somebody types is relative to; without it such a path stays as it is. */
  readonly workingDirectory?: string | undefined;
}

export interface ConfigLocation {
  readonly path: string;
  /** Who named it: `flag --config`, `environment AIRELAYS_CONFIG`, or nobody (`default`). */
  readonly origin: string;
}

/** The path with a leading `~` put in full; `~name`, another user's home, stays as it is. */
export function expandHome(path: string, machine: Omit<Machine, "env">): string {
  if (path === "~") return machine.homeDirectory;
  const isHome = machine.platform === "win32" ? /^~[\\/]/.test(path) : path.startsWith("~/");
  return isHome ? joinPath(machine.platform, machine.homeDirectory, path.slice(2)) : path;
}

/** A path that somebody typed, in full: kept in a file, it must mean the same from every folder. */
export function fullPath(path: string, machine: Omit<Machine, "env">): string {
  const expanded = expandHome(path, machine);
  const { platform, workingDirectory } = machine;
  if (workingDirectory === undefined) return expanded;
  return (platform === "win32" ? win32 : posix).resolve(workingDirectory, expanded);
}

/** `path.join` in the manner of the given platform. */
export function joinPath(platform: NodeJS.Platform, ...parts: readonly string[]): string {
  return (platform === "win32" ? win32 : posix).join(...parts);
}

/** The config file: the one named by flag or environment, else the default place, else the old one. */
export function locateConfig(machine: Machine, flag: string | undefined): ConfigLocation {
  if (flag !== undefined) return { path: fullPath(flag, machine), origin: "flag --config" };
  for (const name of configPathNames) {
    const value = machine.env[name];
    if (value !== undefined && value !== "") {
      return { path: fullPath(value, machine), origin: `environment ${name}` };
    }
  }
  const former = [".config", "airelay", "config.toml"];
  const path = firstExisting(machine, [".config", "airelays", "config.toml"], former);
  return { path, origin: "default" };
}

/** The data folder of somebody who named none. */
export function locateDataDirectory(machine: Machine): string {
  return firstExisting(machine, [".airelays"], [".airelay"]);
}

/** The place of today, unless only the one of the first versions (named in the singular) exists. */
function firstExisting(
  { platform, homeDirectory }: Machine,
  today: readonly string[],
  former: readonly string[],
): string {
  const path = joinPath(platform, homeDirectory, ...today);
  const old = joinPath(platform, homeDirectory, ...former);
  return !existsSync(path) && existsSync(old) ? old : path;
}
