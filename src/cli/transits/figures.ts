/** Times and counts as a table shows them, and text cut to the cells of a terminal. Pure. */

/** `420ms`, `12.3s`, `2m05s`, `1h02m`: six characters at most. */
export function formatMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 99_950) return `${(ms / 1_000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 6_000) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
}

/** `999`, `12.3k`, `1.2M`: five characters at most. */
export function formatCount(count: number): string {
  if (count < 1_000) return String(count);
  const [scaled, unit] = count < 999_500 ? [count / 1_000, "k"] : [count / 1_000_000, "M"];
  return `${scaled < 99.95 ? scaled.toFixed(1) : Math.round(scaled)}${unit}`;
}

/** `2026-11-21 12:34:56`, UTC. */
export function formatMoment(at: number): string {
  return Number.isNaN(at) ? "?" : new Date(at).toISOString().slice(0, 19).replace("T", " ");
}

/** The text in exactly this many cells, cut with `…` or filled with spaces. */
export function inCells(text: string, width: number): string {
  const whole = cellsOf(text);
  if (whole <= width) return text + " ".repeat(width - whole);
  let cut = "";
  let cells = 0;
  for (const letter of text) {
    cells += cellsOf(letter);
    if (cells > width - 1) break;
    cut += letter;
  }
  return `${cut}…${" ".repeat(width - 1 - cellsOf(cut))}`;
}

/** East Asian letters and emoji take two cells (Unicode's "wide"); the few others are not worth a table. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

export function cellsOf(text: string): number {
  let cells = 0;
  for (const letter of text) cells += wide.test(letter) ? 2 : 1;
  return cells;
}

const two = (value: number): string => String(value).padStart(2, "0");
