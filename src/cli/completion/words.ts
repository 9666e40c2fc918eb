/** What can be typed where, from the table of commands; the same for every shell. Pure. */
import { isInFile, settings } from "../../config/settings.ts";
import type { CommandGroup, CommandSpec } from "../command-spec.ts";

export interface Word {
  readonly word: string;
  readonly meaning: string;
}

/** What may follow a command, or nothing (`path` is empty then), or the first word of a group. */
export interface Place {
  /** `token show`. */
  readonly path: string;
  /** Commands, and values of what has to follow. */
  readonly words: readonly Word[];
  /** With their dashes. */
  readonly options: readonly Word[];
}

/** An option that takes a value: one of these, the path of a file, or anything. */
export interface ValueOption {
  readonly option: string;
  readonly values: readonly string[] | "file" | "anything";
}

export interface Completion {
  readonly places: readonly Place[];
  readonly valueOptions: readonly ValueOption[];
}

type Options = CommandSpec["options"];

interface Table {
  readonly commands: readonly CommandSpec[];
  readonly groups: readonly CommandGroup[];
  readonly globalOptions: Options;
}

export function completionOf({ commands, groups, globalOptions }: Table): Completion {
  const everywhere = toWords({ ...globalOptions, help: { describe: "Show help" } });
  const first = commands
    .filter(({ name }) => !name.includes(" "))
    .map(({ name, summary }): Word => ({ word: name, meaning: summary }));
  const grouped = groups.map(({ name, summary }): Word => ({ word: name, meaning: summary }));
  const verbsOf = (group: string): Word[] =>
    commands
      .filter(({ name }) => name.startsWith(`${group} `))
      .map(({ name, summary }) => ({ word: name.slice(group.length + 1), meaning: summary }));
  const version: Word = { word: "--version", meaning: "Show version number" };
  return {
    places: [
      { path: "", words: [...first, ...grouped], options: [...everywhere, version] },
      ...groups.map(({ name }) => ({ path: name, words: verbsOf(name), options: everywhere })),
      ...commands.map((command) => ({
        path: command.name,
        words: valuesOf(command),
        options: [...toWords(command.options), ...everywhere],
      })),
    ],
    valueOptions: toValueOptions([globalOptions, ...commands.map(({ options }) => options)]),
  };
}

/** What may stand in the first place behind the command. */
function valuesOf({ positionals = {} }: CommandSpec): Word[] {
  const [[place, positional] = []] = Object.entries(positionals);
  if (place === "key") {
    return settings
      .filter(isInFile)
      .map(({ tomlPath, setting }) => ({ word: tomlPath, meaning: firstSentence(setting.doc) }));
  }
  return (positional?.choices ?? []).map((choice) => ({ word: String(choice), meaning: "" }));
}

function toWords(options: Options): Word[] {
  return Object.entries(options)
    .filter(([, { hidden }]) => hidden !== true)
    .map(([name, { describe }]) => ({ word: `--${name}`, meaning: describe ?? "" }));
}

function toValueOptions(all: readonly Options[]): ValueOption[] {
  const named = new Map<string, ValueOption>();
  for (const [name, option] of all.flatMap((options) => Object.entries(options))) {
    if (option.requiresArg !== true) continue;
    const setting = settings.find((each) => each.setting.flag === name)?.setting;
    const choices = option.choices?.map(String) ?? setting?.choices;
    const isFile = setting?.type === "path" || /^(config|output)$|-(file|dir)$/.test(name);
    const values = choices ?? (isFile ? "file" : "anything");
    named.set(name, { option: `--${name}`, values });
  }
  return [...named.values()];
}

function firstSentence(text: string): string {
  return text.split(/(?<=[.;:])\s/)[0]?.replace(/[.;:]$/, "") ?? text;
}
