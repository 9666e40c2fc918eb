/** Text for people: titles, sections, fields and steps. Pure; the caller brings the colours. */
import { withoutControls } from "../transit/redact.ts";
import type { Colors } from "./io.ts";

export type Tone = "good" | "warn" | "bad" | "dim";
export type Value = string | number | boolean | null | undefined;

export interface Field {
  readonly label: string;
  readonly value: Value;
  readonly tone?: Tone;
  /** To be copied: never broken into lines. */
  readonly isWhole?: boolean;
}

const labelWidth = 18;
/** Fewer columns leave too little beside the labels. */
const narrow = 60;

export function formatTitle(text: string, colors: Colors): string {
  return `${colors.bold(colors.cyan(printable(text)))}\n`;
}

/**
 * Where the columns of the terminal are told, long values are wrapped; on a narrow one they stand
 * below their labels.
 */
export function formatSection(
  title: string,
  fields: readonly Field[],
  colors: Colors,
  columns = Number.POSITIVE_INFINITY,
): string {
  const isNarrow = columns < narrow;
  const indent = isNarrow ? 4 : labelWidth + 3;
  const rows = fields.map((field) => {
    const short = `  ${field.label}: ${formatText(field.value)}`;
    if (isNarrow && short.length < columns) {
      const value = painterOf(field, colors)(formatText(field.value));
      return `  ${colors.dim(`${field.label}:`)} ${value}\n`;
    }
    const text = formatText(field.value);
    const [first = "", ...more] = field.isWhole
      ? [text]
      : wrapText(text, Math.max(10, columns - indent));
    const paintLine = painterOf(field, colors);
    const below = more.map((line) => `${" ".repeat(indent)}${paintLine(line)}\n`).join("");
    const label = `${field.label}:`;
    const start = isNarrow
      ? `  ${colors.dim(label)}\n    `
      : `  ${colors.dim(label.padEnd(labelWidth))} `;
    return `${start}${paintLine(first)}\n${below}`;
  });
  return `\n${colors.bold(title)}\n${rows.join("")}`;
}

function isUnset(value: Value): boolean {
  return value === null || value === undefined || value === "";
}

function formatText(value: Value): string {
  return isUnset(value) ? "not set" : printableLine(String(value));
}

function painterOf({ value, tone }: Field, colors: Colors): (text: string) => string {
  if (isUnset(value)) return colors.dim;
  return tone === undefined ? (text) => text : paint(tone, colors);
}

export function paint(tone: Tone, colors: Colors): (text: string) => string {
  return { good: colors.green, warn: colors.yellow, bad: colors.red, dim: colors.dim }[tone];
}

/** Lines of at most this many characters, broken at spaces; a longer word has a line of its own. */
export function wrapText(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => {
    const [first = "", ...words] = line.trim().split(/\s+/);
    const lines = [first];
    for (const word of words) {
      const last = lines.at(-1) ?? "";
      if (visible(last) + 1 + visible(word) > width) lines.push(word);
      else lines[lines.length - 1] = `${last} ${word}`;
    }
    return lines;
  });
}

/** The same of a text whose lines are kept where they fit, and whose indentation is kept where not. */
export function fitLines(text: string, columns = Number.POSITIVE_INFINITY): string {
  return text
    .split("\n")
    .map((line) => {
      if (visible(line) <= columns) return line;
      const [indent = ""] = /^ */.exec(line) ?? [];
      return wrapText(line, Math.max(10, columns - indent.length))
        .map((each) => indent + each)
        .join("\n");
    })
    .join("\n");
}

/** Characters that take room: a colour takes none. */
function visible(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
  return text.replaceAll(/\u001b\[\d+m/g, "").length;
}

export function formatSteps(steps: readonly string[], colors: Colors): string {
  if (steps.length === 0) return "";
  const lines = steps.map((step, index) => `  ${index + 1}. ${step}\n`);
  return `\n${colors.bold("Next steps")}\n${lines.join("")}`;
}

export function formatJson(value: unknown): string {
  return `${withoutControls(JSON.stringify(value, null, 2))}\n`;
}

/** `40 seconds`, `14 minutes`, `5 hours`, `9 days`: one unit, as a person would say it. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [count, unit] =
    whole < 90
      ? [whole, "second"]
      : whole < 90 * 60
        ? [Math.round(whole / 60), "minute"]
        : whole < 48 * 3600
          ? [Math.round(whole / 3600), "hour"]
          : [Math.round(whole / 86_400), "day"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** Enough of an account's address to know it by, on a screen that others may see. */
export function maskEmail(email: string | null | undefined): string | null {
  if (email === null || email === undefined) return null;
  const at = email.lastIndexOf("@");
  return at < 1 ? `${email.slice(0, 1)}***` : `${email.slice(0, 1)}***${email.slice(at)}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
const moving = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** The same on one line: a line break in it cannot begin a line that looks like ours. */
export function printableLine(text: string): string {
  return printable(text.replaceAll(/[\r\n\t]+(?=[^\r\n\t])/g, " "));
}

/** Text from elsewhere cannot move the cursor, colour the screen, or turn the direction of what follows. */
export function printable(text: string): string {
  return text.replaceAll(moving, "\ufffd");
}
