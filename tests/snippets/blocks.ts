/** The code of a Markdown page: what is to be run, and what says why it is not. Pure. */

export interface Block {
  readonly language: string;
  readonly text: string;
  /** Of the first line of the code, from 1. */
  readonly line: number;
  /** Why it is not run, from the comment above: `<!-- not run: … -->`. */
  readonly notRun: string | undefined;
}

/** What a transcript shows: a command, and what it prints. */
export interface Step {
  readonly line: number;
  readonly command: string;
  readonly output: string;
}

export function blocksOf(page: string): Block[] {
  const lines = page.split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const [, indent, language] = /^( *)```(\w+)$/.exec(lines[at] ?? "") ?? [];
    if (indent === undefined || language === undefined) continue;
    const end = lines.indexOf(`${indent}\`\`\``, at);
    const text = lines.slice(at + 1, end).map((line) => line.replace(indent, ""));
    const above = lines.slice(0, at).findLast((line) => line.trim() !== "");
    const [, notRun] = /^ *<!-- not run: (.+) -->$/.exec(above ?? "") ?? [];
    blocks.push({ language, text: `${text.join("\n")}\n`, line: at + 2, notRun });
    at = end;
  }
  return blocks;
}

/** A shell block is one step that may print anything; a transcript has one for each `$ `. */
export function stepsOf({ language, text, line }: Block): Step[] {
  if (language !== "console") return [{ line, command: text, output: "…" }];
  const steps: { line: number; command: string; output: string }[] = [];
  let isCommand = false;
  for (const [index, each] of text.trimEnd().split("\n").entries()) {
    const step = steps.at(-1);
    if (each.startsWith("$ ")) {
      steps.push({ line: line + index, command: each.slice(2), output: "" });
    } else if (isCommand && step !== undefined) step.command += `\n${each}`;
    else if (step !== undefined) step.output += `${each}\n`;
    isCommand = (isCommand || each.startsWith("$ ")) && each.endsWith("\\");
  }
  return steps;
}

/** Whether that was printed: `…` stands for anything, and so does what a model says. */
export function isOutput(printed: string, expected: string): boolean {
  const pattern = answersHidden(expected)
    .trim()
    .split("…")
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&").replaceAll(/\s+/g, "\\s+"))
    .join("[\\s\\S]*");
  return new RegExp(`^\\s*${pattern}\\s*$`).test(answersHidden(printed));
}

function answersHidden(text: string): string {
  return text.replaceAll(/("(?:content|text)": ?)"(?:\\.|[^"\\])*"/g, '$1"an answer"');
}
