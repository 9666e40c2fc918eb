/**
 * Repeats the options that every command takes in the commands that a text names, so that a printed
 * next step works as it is: after `airelays init --data-dir x`, a bare `airelays login` would sign in
 * elsewhere. Knows the commands' names; runs nothing.
 */
import { fullPath, type Machine } from "../config/paths.ts";
import type { Args } from "./context.ts";

/** The text with the given options after each command that it names. */
export type Repeat = (text: string) => string;

/** What a command can be told again; `isPath` values are printed in full. */
export interface Repeatable {
  /** By the command's name. */
  readonly commands: Readonly<Record<string, readonly string[]>>;
  readonly isPath: (option: string) => boolean;
}

export function createRepeat(
  args: Args,
  machine: Omit<Machine, "env">,
  { commands, isPath }: Repeatable,
): Repeat {
  const given = (command: string): string =>
    (commands[command] ?? [])
      .map((option) => {
        const value = args[option];
        if (typeof value !== "string" || value === "") return "";
        const full = isPath(option) ? fullPath(value, machine) : value;
        return ` --${option} ${quoted(full, machine.platform)}`;
      })
      .join("");
  const names = Object.keys(commands);
  if (names.every((name) => given(name) === "")) return (text) => text;
  const named = new RegExp(`\\bairelays (${names.join("|")})(?![\\w-])(?! --help)`, "g");
  return (text) => text.replaceAll(named, (all, command: string) => all + given(command));
}

/** As the usual shell of the platform takes it for one word. */
export function quoted(word: string, platform: NodeJS.Platform): string {
  if (platform === "win32") return /^[\w@%+=:,./\\~-]+$/.test(word) ? word : `"${word}"`;
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
