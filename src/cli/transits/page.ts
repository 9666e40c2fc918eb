/** Lines that fit the terminal: words are wrapped, values are cut, and the end says that some were. */
import type { Colors } from "../io.ts";
import { paint, printableLine, wrapText } from "../render.ts";
import { inCells } from "./figures.ts";

export interface Page {
  section(title: string, lines: readonly string[]): string;
  /** A sentence, wrapped below its mark. */
  words(text: string, mark?: string): string;
  /** A value, on one line. */
  cut(text: string, mark?: string): string;
  /** A sign before a line, which says by itself what its colour says. */
  mark(sign: " " | "-" | "+" | "~" | "!"): string;
  /** What the reader has to know of the lines above. */
  ending(): string;
}

const readable = 100;
/** Of a value in a pipe or a file, where nothing wraps. */
const pipedValue = 2_000;
const margin = "  ";

export function createPage(columns: number | undefined, colors: Colors): Page {
  const width = Math.max(20, (columns ?? readable) - margin.length);
  let isCut = false;
  const tones = { "-": "bad", "+": "good", "~": "warn", "!": "bad" } as const;
  return {
    section: (title, lines) => {
      const [first = "", ...rest] = wrapText(title, width + margin.length);
      const heading = [first, ...rest].map((line) => `${colors.bold(line)}\n`).join("");
      return `\n${heading}${lines.join("")}`;
    },
    words(text, mark = "") {
      const indent = " ".repeat(visible(mark));
      const lines = wrapText(printableLine(text), Math.min(readable, width) - indent.length);
      return lines
        .map((line, index) => `${margin}${index === 0 ? mark : indent}${line}\n`)
        .join("");
    },
    cut(text, mark = "") {
      const room = columns === undefined ? pipedValue : width - visible(mark);
      const line = printableLine(text);
      const shown = inCells(line, room).trimEnd();
      isCut ||= shown !== line.trimEnd();
      return `${margin}${mark}${shown}\n`;
    },
    mark: (sign) => (sign === " " ? "  " : `${paint(tones[sign], colors)(sign)} `),
    ending() {
      const told = "Values are cut at the end of the line. `--json` has them whole.";
      if (!isCut) return "";
      const lines = wrapText(told, width + margin.length);
      return `\n${lines.map((line) => `${colors.dim(line)}\n`).join("")}`;
    },
  };
}

/** Without what colours it. */
function visible(mark: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: our own colours begin with it
  return mark.replaceAll(/\u001b\[\d+m/g, "").length;
}
