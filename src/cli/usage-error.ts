/**
 * Says in our words what was wrong with a command line, and what was probably meant. Takes the
 * parser's message; does not parse anything itself.
 */
import { nearestName } from "../config/nearest.ts";
import { RelayError } from "../errors.ts";

const hint = "airelays --help";

/** The parser's complaint as a `usage` error; `commandNames` are the full ones: `token rotate`. */
export function usageError(complaint: string, commandNames: readonly string[]): RelayError {
  const text = complaint.trim().replace(/\s*\n\s*/g, " ");
  const [, what = "", names = ""] = /^(Unknown command|Unknown argument)s?: (.*)$/.exec(text) ?? [];
  // The parser lists `no-such` a second time as `noSuch`.
  const [name = ""] = names.split(", ");
  if (what === "Unknown command") {
    const meant = nearestCommand(name, commandNames);
    const guess = meant === undefined ? "" : `; did you mean \`airelays ${meant}\`?`;
    return new RelayError("usage", `Unknown command \`${name}\`${guess}`, { hint });
  }
  if (what === "Unknown argument") {
    return new RelayError("usage", `Unknown option \`${asOption(name)}\``, { hint });
  }
  const [, option] = /^Not enough arguments following: (.*)$/.exec(text) ?? [];
  if (option !== undefined) {
    return new RelayError("usage", `\`${asOption(option)}\` needs a value`, { hint });
  }
  return new RelayError("usage", text, { hint });
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
