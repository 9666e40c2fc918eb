/** What `airelays connect` shows to people. Pure; at most as wide as the terminal, 80 in a pipe. */
import type { Colors } from "../io.ts";
import { formatTitle, printable, printableLine, wrapText } from "../render.ts";
import type { UndoOutcome, WriteOutcome } from "./connected-file.ts";
import type { Trial } from "./test-call.ts";
import type { Sample, Tool } from "./tool.ts";

export interface Screen {
  readonly colors: Colors;
  readonly columns: number;
}

export interface ListedTool {
  readonly tool: Tool;
  readonly found: string | undefined;
  readonly isConnected: boolean;
}

export function showTools(listed: readonly ListedTool[], screen: Screen): string {
  const { colors } = screen;
  const width = Math.max(...listed.map(({ tool }) => tool.name.length));
  const lines = listed.map(({ tool, found, isConnected }) => {
    const state = isConnected ? "connected" : found === undefined ? "" : "found";
    const paint = isConnected ? colors.green : colors.bold;
    const way = tool.file === undefined ? "" : "--write";
    const row = `  ${tool.name.padEnd(width)}  ${paint(state.padEnd(9))}  ${colors.dim(way)}`;
    return `${row.trimEnd()}\n`;
  });
  return (
    formatTitle("Tools that can use the relay", colors) +
    `\n${lines.join("")}` +
    paragraphs(
      [
        "`found`: it is on this machine. `--write`: airelays can write its settings, and take them out again.",
        "Settings of one: `airelays connect codex`. Anything else with a base URL and a key: `airelays env`.",
      ],
      screen,
    )
  );
}

export interface ShownSettings {
  /** As it is, or would be, on this machine. */
  readonly path: string;
  readonly text: string;
  readonly holdsToken: boolean;
  readonly isConnected: boolean;
}

export function showTool(
  tool: Tool,
  settings: ShownSettings | undefined,
  sample: Sample | undefined,
  guidance: { readonly steps: readonly string[]; readonly notes: readonly string[] },
  screen: Screen,
): string {
  const { colors } = screen;
  return [
    formatTitle(tool.title, colors),
    settings === undefined ? "" : showSettings(tool, settings, screen),
    sample === undefined ? "" : block("In your program", sample.text, screen),
    heading("Steps", screen) + numbered(stepsOf(tool, settings, guidance.steps), screen),
    heading("Good to know", screen) + bulleted(guidance.notes, screen),
  ].join("");
}

/** After the settings were written. */
export function showNext(steps: readonly string[], screen: Screen): string {
  return heading("Next steps", screen) + numbered(steps, screen);
}

function showSettings(tool: Tool, settings: ShownSettings, screen: Screen): string {
  const { path, text, holdsToken } = settings;
  const warning = `This file holds the relay token itself: ${tool.title} has no other place for it.`;
  return (
    block(`Settings, in ${printableLine(path)}`, text, screen) +
    (holdsToken
      ? paragraphs([`${warning} Written by \`--write\`, only you can read it.`], screen)
      : "")
  );
}

/** With a file, writing it is the first step; where it is written, there is a way back. */
function stepsOf(
  tool: Pick<Tool, "name">,
  settings: Pick<ShownSettings, "isConnected"> | undefined,
  steps: readonly string[],
): readonly string[] {
  if (settings === undefined) return steps;
  const first = settings.isConnected
    ? `The settings are written. \`airelays connect ${tool.name} --undo\` takes them out again.`
    : `\`airelays connect ${tool.name} --write\` writes the settings, and keeps what else is in the file.`;
  return [first, ...steps];
}

export function showWritten(path: string, result: WriteOutcome, screen: Screen): string {
  const shown = printableLine(path);
  if (result.outcome === "unchanged") return line(`\`${shown}\` says so already.`, screen);
  const verb = result.outcome === "created" ? "Created" : "Changed";
  const backup = result.backup === undefined ? "" : ` Before: \`${printableLine(result.backup)}\`.`;
  return line(`${verb} \`${shown}\`.${backup}`, screen);
}

export function showUndone(path: string, result: UndoOutcome, screen: Screen): string {
  const shown = printableLine(path);
  const { outcome, kept, backup } = result;
  const done = {
    restored: `\`${shown}\` is as it was before.`,
    removed: `\`${shown}\` is gone, as it was before.`,
    cleaned: `\`${shown}\` was changed since. What airelays had set was taken out; the rest stays.`,
  }[outcome];
  const left = kept.map((name) => `\`${name}\` is not as airelays set it, and was left.`);
  const older =
    backup === undefined ? [] : [`The text from before stays in \`${printableLine(backup)}\`.`];
  return [done, ...left, ...older].map((text) => line(text, screen)).join("");
}

export function showTrials(trials: readonly Trial[], screen: Screen): string {
  const { colors } = screen;
  const lines = trials.flatMap(({ call, ok, detail }) => {
    const sign = ok ? colors.green("✓ ok  ") : colors.red("✗ fail");
    const [first = "", ...more] = wrapText(printable(`${call}: ${detail}`), screen.columns - 10);
    return [`  ${sign}  ${first}\n`, ...more.map((text) => `          ${text}\n`)];
  });
  return heading("Test", screen) + lines.join("");
}

function heading(text: string, { colors }: Screen): string {
  return `\n${colors.bold(text)}\n`;
}

/** Text to be copied is never wrapped. */
function block(title: string, text: string, screen: Screen): string {
  const lines = printable(text).trimEnd().split("\n");
  return heading(title, screen) + lines.map((each) => `${`  ${each}`.trimEnd()}\n`).join("");
}

function numbered(texts: readonly string[], screen: Screen): string {
  return texts.map((text, index) => item(`${index + 1}.`, text, screen)).join("");
}

function bulleted(texts: readonly string[], screen: Screen): string {
  return texts.map((text) => item("-", text, screen)).join("");
}

function item(mark: string, text: string, { columns }: Screen): string {
  const indent = " ".repeat(mark.length + 3);
  const [first = "", ...more] = wrapText(printable(text), columns - indent.length);
  return [`  ${mark} ${first}\n`, ...more.map((each) => `${indent}${each}\n`)].join("");
}

function paragraphs(texts: readonly string[], screen: Screen): string {
  return texts.map((text) => `\n${line(text, screen)}`).join("");
}

function line(text: string, { columns }: Screen): string {
  return `${wrapText(printable(text), columns).join("\n")}\n`;
}
