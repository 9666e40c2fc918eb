/** JSON with comments, edited in its text: what editors and agents of the terminal keep their settings in. */
import {
  applyEdits,
  createScanner,
  findNodeAtLocation,
  modify,
  type ParseError,
  parse,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { eolOf, type Path, type Plain, type TextFormat } from "./format.ts";

export const jsonc: TextFormat = {
  name: "JSON",
  parse(text) {
    if (text.trim() === "") return {};
    const errors: ParseError[] = [];
    const value: unknown = parse(text, errors, { allowTrailingComma: true });
    const [first] = errors;
    if (first !== undefined) {
      const line = text.slice(0, first.offset).split("\n").length;
      throw new Error(`${printParseErrorCode(first.error)} in line ${line}`);
    }
    return value;
  },
  set: (text, path, value) => setValue(text, namesOf(path), value),
  remove: (text, path) => removeValue(text, namesOf(path)),
};

function namesOf(path: Path): string[] {
  return path.map((step) => {
    if (typeof step !== "string") throw new Error("JSON files of tools have no lists with names.");
    return step;
  });
}

function setValue(text: string, names: string[], value: Plain): string {
  const source = text.trim() === "" ? `{}${eolOf(text)}` : text;
  const [, indent = "  "] = /^([ \t]+)"/m.exec(source) ?? [];
  const formattingOptions = {
    eol: eolOf(source),
    insertSpaces: !indent.startsWith("\t"),
    tabSize: indent.startsWith("\t") ? 1 : indent.length,
  };
  // A new last value would come between the one before it and the comment behind that.
  const hasComments = !isPlainJson(source);
  const getInsertionIndex = hasComments ? () => 0 : (present: string[]) => present.length;
  return applyEdits(source, modify(source, names, value, { formattingOptions, getInsertionIndex }));
}

function isPlainJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // It was read before: comments, or trailing commas, make the difference.
    return false;
  }
}

/** The package's own way takes the comments up to the neighbours along. */
function removeValue(text: string, names: string[]): string {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const property = root && findNodeAtLocation(root, names)?.parent;
  if (property?.type !== "property") return text;
  const siblings = property.parent?.children ?? [];
  const before = siblings[siblings.indexOf(property) - 1];
  const end = property.offset + property.length;
  const comma = commaBehind(text, end);
  const older = before === undefined ? undefined : commaBehind(text, before.offset + before.length);
  const start = text.slice(0, property.offset).trimEnd().length;
  const tail =
    comma === undefined ? text.slice(end) : text.slice(end, comma) + text.slice(comma + 1);
  // A line of its own goes whole; what else stands on it stays.
  const isAlone = /^[ \t]*\r?\n/.test(tail) && text.slice(start, property.offset).includes("\n");
  const head = isAlone ? text.slice(0, start) : text.slice(0, property.offset);
  const rest = isAlone ? tail.replace(/^[ \t]+/, "") : tail;
  return comma === undefined && older !== undefined
    ? head.slice(0, older) + head.slice(older + 1) + rest
    : head + rest;
}

/** The comma after the value that ends there; undefined when none comes. */
function commaBehind(text: string, end: number): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(end);
  scanner.scan();
  const at = scanner.getTokenOffset();
  return text[at] === "," ? at : undefined;
}
