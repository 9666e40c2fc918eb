/**
 * What a format of config files can do with a text: read it, and set or remove one value with everything
 * else left as it was. Knows no tool and touches no disk.
 */
import { isDeepStrictEqual } from "node:util";

export type Plain =
  | string
  | number
  | boolean
  | null
  | readonly Plain[]
  | { readonly [name: string]: Plain };

/** A key of a table, or the item of a list in which these fields have these values. */
export type Step = string | Readonly<Record<string, string>>;

export type Path = readonly Step[];

export interface TextFormat {
  readonly name: "TOML" | "JSON" | "YAML";
  /** Throws an Error that says what is wrong where. An empty text has no value: undefined or an empty table. */
  parse(text: string): unknown;
  /** May give a text that says something else where the file is written in an unusual way: check it. */
  set(text: string, path: Path, value: Plain): string;
  remove(text: string, path: Path): string;
}

export type Table = Readonly<Record<string, unknown>>;

export function isTable(value: unknown): value is Table {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}

/** The index of the item that a step selects; -1 when there is none. */
export function indexOfItem(
  list: readonly unknown[],
  step: Readonly<Record<string, string>>,
): number {
  return list.findIndex(
    (item) => isTable(item) && Object.entries(step).every(([name, value]) => item[name] === value),
  );
}

/** What stands at a path; undefined when nothing does. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof step === "string") {
      value = isTable(value) && Object.hasOwn(value, step) ? value[step] : undefined;
    } else {
      value = Array.isArray(value) ? value[indexOfItem(value, step)] : undefined;
    }
  }
  return value;
}

/** The same with another value at the path; undefined takes it away. */
export function withValue(root: unknown, path: Path, value: Plain | undefined): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof step === "string") {
    const table = isTable(root) ? root : {};
    const inner = withValue(table[step], rest, value);
    const { [step]: _gone, ...others } = table;
    return inner === undefined ? others : { ...others, [step]: inner };
  }
  const list: readonly unknown[] = Array.isArray(root) ? root : [];
  const index = indexOfItem(list, step);
  const inner = withValue(list[index], rest, value);
  const others = list.filter((_, each) => each !== index);
  return inner === undefined ? others : [...others, inner];
}

/** Are they the same to whoever reads the file? The order of a list's items with a name does not count. */
export function sameValue(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(toPlain(one), toPlain(other));
}

/** Without the classes in which parsers give their tables, dates and large numbers. */
export function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (isTable(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toPlain(inner)]));
  }
  return value instanceof Date || typeof value === "bigint" ? String(value) : value;
}

/** The line end of the file. */
export function eolOf(text: string): "\r\n" | "\n" {
  return text.includes("\r\n") ? "\r\n" : "\n";
}
