/** As much of a terminal as our drawing uses: lines, the cursor up, and erasing from the cursor on. */

export interface Screen {
  write(text: string): void;
  /** What is seen, without the empty line of the cursor. */
  lines(): string[];
  /** What was written. */
  raw(): string;
}

export function createScreen(columns: number): Screen {
  let raw = "";
  let rows: string[] = [""];
  let row = 0;
  const put = (character: string): void => {
    if ((rows[row] ?? "").length >= columns) {
      row += 1;
      rows[row] ??= "";
    }
    rows[row] += character;
  };
  return {
    write(text) {
      raw += text;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal acts upon
      for (const [part] of text.matchAll(/\u001b\[(\d*)([AJ])|[\s\S]/g)) {
        if (part.endsWith("A") && part.length > 1)
          row = Math.max(0, row - Number(part.slice(2, -1)));
        else if (part === "\u001b[J") rows = [...rows.slice(0, row), ""];
        else if (part === "\n") {
          row += 1;
          rows[row] ??= "";
        } else if (part !== "\r") put(part);
      }
    },
    lines: () => rows.filter((line, index) => line !== "" || index < rows.length - 1),
    raw: () => raw,
  };
}
