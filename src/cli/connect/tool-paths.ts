/** Where programs of each system keep their settings, as they look for it themselves. */
import { joinPath, type Machine } from "../../config/paths.ts";

export function inHome({ platform, homeDirectory }: Machine, ...parts: readonly string[]): string {
  return joinPath(platform, homeDirectory, ...parts);
}

/** A folder that a variable names, else this one of the home folder. */
export function named(machine: Machine, variable: string, ...otherwise: readonly string[]): string {
  return machine.env[variable] || inHome(machine, ...otherwise);
}

/** `~/.config/<name>`, or where `XDG_CONFIG_HOME` says. */
export function inConfigHome(machine: Machine, ...parts: readonly string[]): string {
  return joinPath(machine.platform, named(machine, "XDG_CONFIG_HOME", ".config"), ...parts);
}

/** `%APPDATA%\<name>`. */
export function inRoaming(machine: Machine, ...parts: readonly string[]): string {
  return joinPath(machine.platform, named(machine, "APPDATA", "AppData", "Roaming"), ...parts);
}
