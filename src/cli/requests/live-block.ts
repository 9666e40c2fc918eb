/** Lines at the bottom of a terminal that are drawn again, and text that scrolls by above them. */
import type { Terminal } from "../io.ts";

export interface LiveBlock {
  /** Replaces the lines; an empty list takes the block away. Longer lines than the terminal are cut. */
  draw(lines: readonly string[]): void;
  /** Text above the block, which stays. It ends in a line break. */
  print(text: string): void;
}

export function createLiveBlock(write: (text: string) => void, terminal: Terminal): LiveBlock {
  let lines: readonly string[] = [];
  /** As drawn, to know how many rows they take where the terminal has become narrower since. */
  let drawn: readonly string[] = [];

  const erase = (): string => {
    if (drawn.length === 0) return "";
    const rows = drawn.reduce(
      (sum, { length }) => sum + Math.max(1, Math.ceil(length / terminal.columns)),
      0,
    );
    drawn = [];
    // Up to the first of them, and nothing from there on.
    return `\u001b[${rows}A\r\u001b[J`;
  };
  const block = (): string => {
    // The last column is left free: some terminals break the line when it is written to.
    drawn = lines.map((line) => line.slice(0, Math.max(1, terminal.columns - 1)));
    return drawn.map((line) => `${line}\n`).join("");
  };

  return {
    draw(next) {
      if (lines.length === 0 && next.length === 0) return;
      lines = next;
      write(erase() + block());
    },
    print: (text) => write(erase() + text + block()),
  };
}
