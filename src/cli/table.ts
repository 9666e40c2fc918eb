/** Rows under headings, as wide as they have to be; where the terminal is too narrow, each row as a list. Pure. */
import type { Colors } from "./io.ts";
import { printable, wrapText } from "./render.ts";

/** The first column names the row. Cells that are empty in every row have no column. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  colors: Colors,
  columns = Number.POSITIVE_INFINITY,
): string {
  const used = headings.map((_, index) => rows.some((row) => (row[index] ?? "") !== ""));
  const kept = (row: readonly string[]): string[] =>
    row.filter((_, index) => used[index]).map(printable);
  const [head, ...body] = [headings, ...rows].map(kept);
  if (head === undefined) return "";
  const widths = head.map((_, index) =>
    Math.max(...[head, ...body].map((row) => row[index]?.length ?? 0)),
  );
  const total = widths.reduce((sum, width) => sum + width + 2, -2);
  if (total > columns) return formatLists(head, body, colors, columns);
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd();
  return [colors.bold(line(head)), ...body.map(line)].map((each) => `${each}\n`).join("");
}

function formatLists(
  [, ...headings]: readonly string[],
  rows: readonly (readonly string[])[],
  colors: Colors,
  columns: number,
): string {
  return rows
    .map(([name = "", ...cells]) => {
      const details = cells.flatMap((cell, index) => {
        if (cell === "") return [];
        const lines = wrapText(`${headings[index]}: ${cell}`, Math.max(10, columns - 4));
        return lines.map((each, at) => `${at === 0 ? "  " : "    "}${each}\n`);
      });
      return `${colors.bold(name)}\n${details.join("")}`;
    })
    .join("");
}
