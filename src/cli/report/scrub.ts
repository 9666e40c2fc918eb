/**
 * Takes out of a report what says who wrote it or lets somebody in: by value, as far as this machine
 * knows the values, and by form for the rest. Rather too much than too little. Pure.
 */

export interface Identity {
  /** `LiveSecrets.strip`: what the program holds right now. */
  readonly withoutSecrets: (text: string) => string;
  /** E-mail, account, names: replaced wherever they stand. */
  readonly personal: readonly string[];
  readonly homeDirectory: string;
  /** The names of the user and of the machine, replaced as whole words. */
  readonly names: readonly string[];
}

export interface Scrub {
  text(text: string): string;
  /** The same value with every text in it scrubbed, the names of fields too. */
  value(value: unknown): unknown;
}

/** Would be in every text, and tell nobody from anybody. */
const everybody = /^(root|user|node|admin|home|ubuntu|runner|demo|test|guest|localhost|airelays)$/i;

const forms: readonly (readonly [RegExp, string])[] = [
  [/eyJ[\w-]{8,}(\.[\w-]+){1,2}/g, "[token]"],
  [/\b(sk|rt|sess|authsess)[-_.][\w.-]{12,}/g, "[token]"],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, "$1 [token]"],
  [/:\/\/[^\s/@"]+@/g, "://[credentials]@"],
  [/[\w.+%*-]+@[\w-]+(\.[\w-]+)+/g, "[e-mail]"],
  [/\b(user|org)-[A-Za-z0-9]{8,}(__[\w-]+)?/g, "[account]"],
];

export function createScrub({ withoutSecrets, personal, homeDirectory, names }: Identity): Scrub {
  const known = personal.filter((value) => value.length >= 4).sort(longestFirst);
  // Windows writes paths with either slash, and in JSON with two.
  const homes = [
    homeDirectory,
    homeDirectory.replaceAll("\\", "/"),
    homeDirectory.replaceAll("\\", "\\\\"),
  ]
    .filter((path) => path.length > 1)
    .sort(longestFirst);
  const words = names
    .filter((name) => name.length >= 3 && !everybody.test(name))
    .map((name) => new RegExp(`(?<![\\p{L}\\p{N}])${escaped(name)}(?![\\p{L}\\p{N}])`, "giu"));
  const text = (given: string): string => {
    let clean = withoutSecrets(given);
    for (const value of known) clean = clean.replaceAll(value, "[account]");
    for (const home of homes) clean = clean.replaceAll(home, "~");
    for (const [form, instead] of forms) clean = clean.replaceAll(form, instead);
    for (const word of words) clean = clean.replaceAll(word, "[name]");
    return clean;
  };
  const value = (given: unknown): unknown => {
    if (typeof given === "string") return text(given);
    if (Array.isArray(given)) return given.map(value);
    if (typeof given !== "object" || given === null) return given;
    return Object.fromEntries(Object.entries(given).map(([key, each]) => [text(key), value(each)]));
  };
  return { text, value };
}

function longestFirst(one: string, other: string): number {
  return other.length - one.length;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
