/**
 * Puts settings into the text of a tool's file and takes them out again. Pure. Nothing but the given
 * paths changes, which is checked on the result; a text in which that cannot be done is refused.
 */
import { createHash } from "node:crypto";
import {
  isTable,
  type Path,
  type Plain,
  sameValue,
  type TextFormat,
  toPlain,
  valueAt,
  withValue,
} from "./formats/format.ts";

export interface Edit {
  readonly path: Path;
  readonly value: Plain;
  /** What the file needs in any case; a value that is there stays. */
  readonly ifAbsent?: boolean;
}

/** One value that was set, as far as it has to be known again: a digest, for the value may be a secret. */
export interface MadeEdit {
  readonly path: Path;
  readonly digest: string;
}

export class UneditableText extends Error {}

const bom = "\uFEFF";

/** The text with the edits made, and which of them it took. */
export function applyEdits(
  format: TextFormat,
  source: string,
  edits: readonly Edit[],
): { readonly text: string; readonly made: readonly MadeEdit[] } {
  const mark = source.startsWith(bom) ? bom : "";
  let text = source.slice(mark.length);
  let expected = format.parse(text);
  const made: MadeEdit[] = [];
  for (const { path, value, ifAbsent } of edits) {
    const present = valueAt(expected, path);
    if (ifAbsent === true && present !== undefined) continue;
    made.push({ path, digest: digestOf(value) });
    if (sameValue(present, value)) continue;
    expected = withValue(expected, path, value);
    text = checked(format, () => format.set(text, path, value), expected, path);
  }
  return { text: `${mark}${text}`, made };
}

export interface Undone {
  readonly text: string;
  /** Changed by somebody since, and left as they are. */
  readonly kept: readonly Path[];
  /** Nothing is left that a person wrote. */
  readonly isEmpty: boolean;
}

/** The text without what was made; `before` is the text that the edits were made in, for earlier values. */
export function undoEdits(
  format: TextFormat,
  source: string,
  made: readonly MadeEdit[],
  before: string | undefined,
): Undone {
  const mark = source.startsWith(bom) ? bom : "";
  let text = source.slice(mark.length);
  const earlier = before === undefined ? undefined : format.parse(before.replace(bom, ""));
  const kept: Path[] = [];
  for (const { path, digest } of made.toReversed()) {
    const present = valueAt(format.parse(text), path);
    if (present === undefined) continue;
    if (digestOf(present) !== digest) kept.push(path);
    else text = restore(format, text, path, valueAt(earlier, path), earlier);
  }
  const rest = format.parse(text);
  const isBare = rest === undefined || (isTable(rest) && Object.keys(rest).length === 0);
  const isEmptyList = Array.isArray(rest) && rest.length === 0;
  return {
    text: `${mark}${text}`,
    kept: kept.toReversed(),
    isEmpty: (isBare || isEmptyList) && /^[\s{}[\]]*$/.test(text),
  };
}

function restore(
  format: TextFormat,
  text: string,
  path: Path,
  value: unknown,
  earlier: unknown,
): string {
  const root = format.parse(text);
  if (value !== undefined) {
    // It came out of a file of this format.
    const plain = toPlain(value) as Plain;
    return checked(format, () => format.set(text, path, plain), withValue(root, path, plain), path);
  }
  const rest = withValue(root, path, undefined);
  const without = checked(format, () => format.remove(text, path), rest, path);
  const parent = path.slice(0, -1);
  const left = valueAt(rest, parent);
  const isEmptied =
    (isTable(left) && Object.keys(left).length === 0) || (Array.isArray(left) && left.length === 0);
  // A table or list that was made for the value goes with it.
  if (parent.length === 0 || !isEmptied || valueAt(earlier, parent) !== undefined) return without;
  return restore(format, without, parent, undefined, earlier);
}

/** The changed text, if it says what it should and nothing else. */
function checked(format: TextFormat, change: () => string, expected: unknown, path: Path): string {
  try {
    const text = change();
    const result = format.parse(text);
    if (sameValue(withoutEmpty(result) ?? {}, withoutEmpty(expected) ?? {})) return text;
  } catch {
    // A file written in a way that the editor does not know; it is refused like a wrong result.
  }
  throw new UneditableText(formatPath(path));
}

/** A table that is in a file by its keys alone goes with the last of them. */
function withoutEmpty(value: unknown): unknown {
  if (!isTable(value)) return value;
  const entries = Object.entries(value).flatMap(([name, inner]) => {
    const left = withoutEmpty(inner);
    return left === undefined ? [] : [[name, left] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** `model_providers.airelays`, `models[airelays]`. */
export function formatPath(path: Path): string {
  return path
    .map((step) => (typeof step === "string" ? `.${step}` : `[${Object.values(step).join()}]`))
    .join("")
    .replace(/^\./, "");
}

function digestOf(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(toPlain(value))))
    .digest("hex");
}

/** The order of keys is no change. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isTable(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name])]));
}
