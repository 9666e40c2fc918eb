/** TOML by lines, so that comments, order and line ends stay. Tables of ours are `[a.b]` with plain keys. */
import { parse } from "@iarna/toml";
import { readTomlLines, samePath, toParsableToml } from "../../../config/toml-lines.ts";
import { formatTomlValue } from "../../../config/write.ts";
import { eolOf, isTable, type Path, type Plain, type TextFormat } from "./format.ts";

export const toml: TextFormat = {
  name: "TOML",
  parse: (text) => parse(toParsableToml(text)),
  set(text, path, value) {
    const names = namesOf(path);
    return isTable(value) ? setTable(text, names, value) : setKey(text, names, value);
  },
  remove: (text, path) => removeAll(text, namesOf(path)),
};

function namesOf(path: Path): string[] {
  return path.map((step) => {
    if (typeof step !== "string") throw new Error("TOML files of tools have no lists of tables.");
    return step;
  });
}

const bare = /^[\w-]+$/;
const nameText = (name: string): string => (bare.test(name) ? name : formatTomlValue(name));

function setTable(text: string, path: readonly string[], table: Readonly<Record<string, Plain>>) {
  const eol = eolOf(text);
  const kept = removeAll(text, path).replace(/(\r?\n)*$/, "");
  const lines = [
    `[${path.map(nameText).join(".")}]`,
    ...Object.entries(table).map(([name, value]) => `${nameText(name)} = ${valueText(value)}`),
  ];
  return [...(kept === "" ? [] : [kept, ""]), ...lines, ""].join(eol);
}

function valueText(value: Plain): string {
  // The values of our tools are texts, numbers and switches.
  if (value === null || typeof value === "object") throw new Error("No value of a TOML key.");
  return formatTomlValue(value);
}

/** A key, its equals sign, a value on one line, and what follows it. */
const assignment = /^([^=]*=\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#]+)(.*)$/s;

/** A key outside of every table. */
function setKey(text: string, path: readonly string[], value: Plain): string {
  const lines = text === "" ? [] : text.split("\n");
  const end = eolOf(text) === "\r\n" ? "\r" : "";
  const found = readTomlLines(text);
  const present = found.find(({ kind, path: at }) => kind === "key" && samePath(at, path));
  if (present !== undefined) {
    const [, start = "", , rest = ""] = assignment.exec(lines[present.index] ?? "") ?? [];
    lines[present.index] = `${start}${valueText(value)}${rest}`;
    return lines.join("\n");
  }
  const isComment = (index: number): boolean => /^\s*#/.test(lines[index] ?? "");
  const isBlank = (index: number): boolean => (lines[index] ?? "").trim() === "";
  // Before the first table, above the comments that belong to it.
  const firstTable = found.find(({ kind }) => kind === "header")?.index;
  let at = firstTable ?? lines.length;
  while (firstTable !== undefined && at > 0 && isComment(at - 1)) at -= 1;
  while (at > 0 && isBlank(at - 1)) at -= 1;
  if (at > 0 && at === lines.length) lines[at - 1] = `${lines[at - 1]}${end}`;
  const line = `${path.map(nameText).join(".")} = ${valueText(value)}${end}`;
  const gap = at < lines.length && !isBlank(at) ? [end] : [];
  lines.splice(at, 0, line, ...gap);
  return `${lines.join("\n").replace(/\n*$/, "")}\n`;
}

/** The key or the table of this path, and the tables below it. */
function removeAll(text: string, path: readonly string[]): string {
  const found = readTomlLines(text);
  const isBelow = (at: readonly string[]): boolean => samePath(at.slice(0, path.length), path);
  const gone = new Set<number>();
  let inTable: number | undefined;
  for (const { index, kind, path: at } of found) {
    if (kind === "header") {
      inTable = isBelow(at) ? index : undefined;
      if (inTable !== undefined) gone.add(index);
    } else if (inTable !== undefined) {
      // What stands between two keys of the table goes with them.
      for (let each = inTable; each <= index; each += 1) gone.add(each);
    } else if (isBelow(at)) {
      gone.add(index);
    }
  }
  const lines = text.split("\n");
  return lines
    .filter((line, index) => {
      const isGapBefore = line.trim() === "" && gone.has(index + 1) && index > 0;
      return !gone.has(index) && !isGapBefore;
    })
    .join("\n");
}
