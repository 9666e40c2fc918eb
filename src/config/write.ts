/**
 * The text of `config.toml`: the whole file for `airelays init`, and the change of one value in a
 * file that somebody wrote by hand. Touches no disk.
 */
import { isDeepStrictEqual } from "node:util";
import { parse } from "@iarna/toml";
import { RelayError } from "../errors.ts";
import type { Config } from "./schema.ts";
import { isInFile, settings } from "./settings.ts";
import { readTomlLines, samePath, toParsableToml } from "./toml-lines.ts";

type TomlValue = string | number | boolean | readonly string[] | Readonly<Record<string, string>>;

/** Every setting with its meaning and its effective value; secrets never. */
export function renderConfigToml(config: Config): string {
  const lines = ["# The settings of airelays. CONFIGURATION.md describes them all."];
  let section = "";
  for (const named of settings.filter(isInFile)) {
    if (named.section !== section) {
      section = named.section;
      lines.push("", `[${section}]`);
    }
    const rows: Readonly<Record<string, unknown>> = config[named.section as keyof Config];
    const key = named.tomlPath.slice(section.length + 1);
    // The rows of a Config that may stand in a file hold TOML values only.
    const value = formatTomlValue(rows[named.key] as TomlValue);
    // An empty table in force would stand in the way of a `[section.key]` written below.
    const isEmptyTable = value === "{}";
    lines.push(`# ${named.setting.doc}`, `${isEmptyTable ? "# " : ""}${key} = ${value}`);
  }
  return `${lines.join("\n")}\n`;
}

/**
 * The text with one value set, everything else (comments, order, line ends) as it was. Throws
 * `config_invalid` when the file is written in a way that a change of one line cannot reach.
 *
 * @example setConfigValue(text, "security.require_bearer_auth", false)
 */
export function setConfigValue(text: string, tomlPath: string, value: TomlValue): string {
  const edited = editLine(text, tomlPath.split("."), formatTomlValue(value));
  const before = leavesOf(text);
  if (before !== undefined) {
    const after = leavesOf(edited);
    if (isDeepStrictEqual(after, new Map(before).set(tomlPath, value))) return edited;
  }
  throw new RelayError(
    "config_invalid",
    `The config file could not be changed without touching more than \`${tomlPath}\`. Set \`${tomlPath} = ${formatTomlValue(value)}\` in it by hand.`,
  );
}

function editLine(text: string, path: readonly string[], value: string): string {
  const end = text.includes("\r\n") ? "\r" : "";
  const lines = text.split("\n");
  const found = readTomlLines(toParsableToml(text));
  const section = path.slice(0, -1);
  const key = path.at(-1) ?? "";
  const present = found.find((line) => line.kind === "key" && samePath(line.path, path));
  const header = found.find((line) => line.kind === "header" && samePath(line.path, section));
  if (present !== undefined) {
    lines[present.index] = replaceValue(lines[present.index] ?? "", value);
  } else if (header !== undefined) {
    lines.splice(header.index + 1, 0, `${key} = ${value}${end}`);
  } else {
    if (lines.at(-1) === "") lines.pop();
    if (lines.length > 0) lines.push(end);
    lines.push(`[${section.join(".")}]${end}`, `${key} = ${value}${end}`, "");
  }
  return lines.join("\n");
}

/** A key, its equals sign, a value on one line, and what follows it. */
const line = /^([^=]*=\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#]+)(.*)$/s;

function replaceValue(text: string, value: string): string {
  const [, start = "", , rest = ""] = line.exec(text) ?? [];
  return `${start}${value}${rest}`;
}

/** Every value of the file by its path, or undefined when the text is no TOML. */
function leavesOf(text: string): Map<string, unknown> | undefined {
  const leaves = new Map<string, unknown>();
  const visit = (path: string, value: unknown): void => {
    const isTable =
      typeof value === "object" &&
      value !== null &&
      !Array.isArray(value) &&
      !(value instanceof Date);
    if (!isTable) leaves.set(path, value);
    else
      for (const [key, inner] of Object.entries(value)) visit(path ? `${path}.${key}` : key, inner);
  };
  try {
    visit("", parse(toParsableToml(text)));
  } catch {
    // Whatever is wrong with the file is told by the loader, with its line; here it only stops the edit.
    return undefined;
  }
  return leaves;
}

/** A value as TOML writes it. JSON's escapes are TOML's, but for DEL and halves of a surrogate pair. */
export function formatTomlValue(value: TomlValue): string {
  if (isList(value)) return `[${value.map(formatTomlValue).join(", ")}]`;
  if (typeof value === "object") {
    const pairs = Object.entries(value).map((pair) => pair.map(formatTomlValue).join(" = "));
    return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
  }
  if (typeof value !== "string") return String(value);
  return JSON.stringify(value.replace(/\p{Surrogate}/gu, "\uFFFD")).replaceAll("\u007f", "\\u007f");
}

/** `Array.isArray` narrows no read-only list. */
function isList(value: TomlValue): value is readonly string[] {
  return Array.isArray(value);
}
