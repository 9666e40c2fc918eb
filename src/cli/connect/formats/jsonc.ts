/** JSON with comments, edited in its text: what editors and agents of the terminal keep their settings in. */
import { applyEdits, modify, type ParseError, parse, printParseErrorCode } from "jsonc-parser";
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
  set: (text, path, value) => change(text, path, value),
  remove: (text, path) => change(text, path, undefined),
};

function change(text: string, path: Path, value: Plain | undefined): string {
  const source = text.trim() === "" ? `{}${eolOf(text)}` : text;
  const keys = path.map((step) => {
    if (typeof step !== "string") throw new Error("JSON files of tools have no lists with names.");
    return step;
  });
  const [, indent = "  "] = /^([ \t]+)"/m.exec(source) ?? [];
  const formattingOptions = {
    eol: eolOf(source),
    insertSpaces: !indent.startsWith("\t"),
    tabSize: indent.startsWith("\t") ? 1 : indent.length,
  };
  return applyEdits(source, modify(source, keys, value, { formattingOptions }));
}
