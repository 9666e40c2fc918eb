/**
 * Says in our words what was wrong with a command line, and what was probably meant. Takes the
 * parser's message; does not parse anything itself.
 */
import { nearestName } from "../config/nearest.ts";
import { RelayError } from "../errors.ts";
import { type CommandSpec, synopsisOf } from "./command-spec.ts";

/** What there is to be meant. */
export interface Known {
  readonly commands: readonly CommandSpec[];
  readonly globalOptions: Readonly<Record<string, unknown>>;
  /** The command that was named, if one was. */
  readonly current: CommandSpec | undefined;
  /** The first word of several commands, if one was named. */
  readonly group?: string | undefined;
}

/** The parser's complaint as a `usage` error, with the help that explains what was asked for. */
export function usageError(complaint: string, known: Known): RelayError {
  const named = known.current?.name ?? known.group;
  const hint = named === undefined ? "airelays --help" : `airelays ${named} --help`;
  const message = translate(complaint.trim().replace(/\s*\n\s*/g, " "), known);
  return new RelayError("usage", message, { hint });
}

function translate(text: string, known: Known): string {
  const [, what = "", names = ""] = /^(Unknown command|Unknown argument)s?: (.*)$/.exec(text) ?? [];
  // The parser lists `no-such` a second time as `noSuch`.
  const [name = ""] = names.split(", ");
  if (what === "Unknown command") {
    const commandNames = known.commands.map((command) => command.name);
    const meant = nearestCommand(name, commandNames);
    const guess = meant === undefined ? "" : `; did you mean \`airelays ${meant}\`?`;
    return `Unknown command \`${name}\`${guess}`;
  }
  if (what === "Unknown argument") {
    // What stands alone behind a command that takes something is told as an argument too.
    return `Unknown option \`${asOption(name)}\`${optionGuess(name, known)}`;
  }
  const [, option] = /^Not enough arguments following: (.*)$/.exec(text) ?? [];
  if (option !== undefined) return `\`${asOption(option)}\` needs a value`;
  const { current } = known;
  if (text.startsWith("Not enough non-option arguments") && current !== undefined) {
    return `Something is missing: airelays ${synopsisOf(current)}`;
  }
  const [, place = "", given = "", choices = ""] =
    /^Invalid values: Argument: (.*?), Given: "(.*)", Choices: (.*)$/.exec(text) ?? [];
  if (place !== "")
    return wrongChoice(place, given, choices.replaceAll('"', "").split(", "), known);
  return text;
}

/** The option that was meant, of this command; else the commands that have one of that name. */
function optionGuess(name: string, { commands, globalOptions, current }: Known): string {
  const own = [...Object.keys(globalOptions), ...Object.keys(current?.options ?? {}), "help"];
  const near = name.length < 2 ? undefined : nearestName(name, own);
  if (near !== undefined) return `; did you mean \`${asOption(near)}\`?`;
  const owners = commands.filter(({ options }) => Object.hasOwn(options, name));
  if (owners.length === 0) return "";
  const list = new Intl.ListFormat("en").format(owners.map((each) => `\`airelays ${each.name}\``));
  return `; ${list} ${owners.length === 1 ? "has" : "have"} it`;
}

function wrongChoice(
  place: string,
  given: string,
  choices: readonly string[],
  { current }: Known,
): string {
  const isPositional = Object.hasOwn(current?.positionals ?? {}, place);
  const name = isPositional ? `<${place}>` : asOption(place);
  const list = choices.map((choice) => `\`${choice}\``).join(", ");
  const near = nearestName(given, choices);
  const guess = near === undefined ? "" : `; did you mean \`${near}\`?`;
  return `\`${name}\` must be one of ${list}, not \`${given}\`${guess}`;
}

const asOption = (name: string): string => `${name.length === 1 ? "-" : "--"}${name}`;

/** `token` and `rotate` both lead somewhere: people leave out the group, or mistype one of the words. */
function nearestCommand(given: string, commandNames: readonly string[]): string | undefined {
  const byWord = new Map<string, string>();
  for (const name of commandNames) {
    const words = name.split(" ");
    const [first = ""] = words;
    byWord.set(first, first).set(words.at(-1) ?? "", name);
  }
  const word = nearestName(given, [...byWord.keys()]);
  const meant = word === undefined ? undefined : byWord.get(word);
  return meant === given ? undefined : meant;
}
