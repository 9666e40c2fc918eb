/**
 * YAML, edited at the places that the parser names, so that comments, indentation and line ends stay.
 * Reaches keys of the file itself, and the items of a list that is the file or one of those keys.
 */
import { isMap, isSeq, type Node, type Pair, parseDocument, stringify, type YAMLSeq } from "yaml";
import { eolOf, indexOfItem, isTable, type Plain, type TextFormat } from "./format.ts";

export const yaml: TextFormat = {
  name: "YAML",
  parse(text) {
    const document = parseDocument(text);
    const [first] = document.errors;
    if (first !== undefined) throw new Error(first.message.split("\n", 1)[0]);
    return document.toJS() ?? undefined;
  },
  set(text, path, value) {
    const [last] = path.slice(-1);
    if (typeof last === "string") return setKey(text, last, value);
    if (last === undefined) throw new Error("There is no path.");
    const key = keyOf(path);
    return addItem(removeItem(text, key, last, false), key, value);
  },
  remove(text, path) {
    const [last] = path.slice(-1);
    if (typeof last === "string") return removeKey(text, last);
    return last === undefined ? text : removeItem(text, keyOf(path), last, true);
  },
};

/** The key under which the list is; undefined when the list is the file. */
function keyOf(path: readonly unknown[]): string | undefined {
  const [key] = path;
  return path.length > 1 && typeof key === "string" ? key : undefined;
}

function setKey(text: string, key: string, value: Plain): string {
  const node = findPair(text, key)?.value as Node | null | undefined;
  const range = node?.range;
  if (range === undefined || range === null) return append(text, stringify({ [key]: value }));
  const [start, end] = range;
  const before = text.slice(0, start);
  return `${before}${/\s$/.test(before) ? "" : " "}${scalar(value)}${text.slice(end)}`;
}

function removeKey(text: string, key: string): string {
  const pair = findPair(text, key);
  const start = (pair?.key as Node | undefined)?.range?.[0];
  const end = (pair?.value as Node | null | undefined)?.range?.[1];
  if (start === undefined) return text;
  return text.slice(0, lineStart(text, start)) + text.slice(lineEnd(text, end ?? start));
}

function addItem(text: string, key: string | undefined, value: Plain): string {
  const list = findList(text, key);
  const last = list?.items.at(-1) as Node | undefined;
  const item = stringify([value], { lineWidth: 0 });
  if (list === undefined || last === undefined) {
    // An empty list, written `[]` or not at all, makes way for one with lines of its own.
    if (key === undefined) return append(list === undefined ? text : withoutNode(text, list), item);
    const place = placeOf(text, key);
    if (place === undefined) return append(text, stringify({ [key]: [value] }, { lineWidth: 0 }));
    const bare = list === undefined ? text : withoutNode(text, list);
    return insertAt(bare, lineEnd(bare, place), indented(item, "  "));
  }
  const from = list.range?.[0] ?? 0;
  const indent = " ".repeat(from - lineStart(text, from));
  return insertAt(text, lineEnd(text, last.range?.[1] ?? text.length), indented(item, indent));
}

function removeItem(
  text: string,
  key: string | undefined,
  step: Readonly<Record<string, string>>,
  leavesList: boolean,
): string {
  const list = findList(text, key);
  const index = list === undefined ? -1 : indexOfItem(list.toJSON() as unknown[], step);
  const range = (list?.items[index] as Node | undefined)?.range;
  if (list === undefined || range === undefined || range === null) return text;
  const rest = text.slice(0, lineStart(text, range[0])) + text.slice(lineEnd(text, range[1]));
  if (list.items.length > 1 || !leavesList) return rest;
  // A key without items would read as null.
  const place = key === undefined ? undefined : placeOf(rest, key);
  return place === undefined
    ? append(rest, "[]\n")
    : `${rest.slice(0, place)} []${rest.slice(place)}`;
}

/** Where the value of a key begins: behind its colon. */
function placeOf(text: string, key: string): number | undefined {
  const end = (findPair(text, key)?.key as Node | undefined)?.range?.[1];
  return end === undefined ? undefined : text.indexOf(":", end) + 1;
}

function withoutNode(text: string, { range }: YAMLSeq): string {
  const [start, end] = range ?? [0, 0];
  return text.slice(0, start).trimEnd() + text.slice(end);
}

function indented(lines: string, indent: string): string {
  return lines.replace(/^(?=.)/gm, indent);
}

function findPair(text: string, key: string): Pair | undefined {
  const { contents } = parseDocument(text);
  if (!isMap(contents)) return undefined;
  return contents.items.find((pair) => String(pair.key) === key) as Pair | undefined;
}

function findList(text: string, key: string | undefined): YAMLSeq | undefined {
  const node = key === undefined ? parseDocument(text).contents : findPair(text, key)?.value;
  return isSeq(node) ? node : undefined;
}

function scalar(value: Plain): string {
  if (isTable(value) || Array.isArray(value)) throw new Error("No value of one line.");
  return stringify(value, { lineWidth: 0 }).trimEnd();
}

function append(text: string, addition: string): string {
  return insertAt(text, text.length, addition);
}

function insertAt(text: string, at: number, addition: string): string {
  const eol = eolOf(text);
  const before = text.slice(0, at);
  const gap = before === "" || before.endsWith("\n") ? "" : eol;
  return `${before}${gap}${addition.replaceAll("\n", eol)}${text.slice(at)}`;
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}

/** Where the next line begins after what ends here. */
function lineEnd(text: string, at: number): number {
  if (text[at - 1] === "\n") return at;
  const next = text.indexOf("\n", at);
  return next === -1 ? text.length : next + 1;
}
