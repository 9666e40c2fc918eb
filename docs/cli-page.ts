/** Renders docs/reference/cli.md from the command table: what `--help` prints, on one page. */
import { type CommandSpec, synopsisOf } from "../src/cli/command-spec.ts";
import { commands, globalOptions } from "../src/cli/command-table.ts";
import { exitCodes } from "../src/cli/program.ts";
import { code, notice, table } from "./markdown.ts";

/** The whole page. */
export function renderCli(): string {
  return [
    notice,
    "# Command line",
    "",
    "What a script may read goes to stdout; everything that is said to a person goes to stderr. An error is one line with the next step.",
    "",
    ...table(
      ["Command", "What it does"],
      commands.map((spec) => [
        `[${code(`airelays ${synopsisOf(spec)}`)}](#${anchor(spec.name)})`,
        spec.summary,
      ]),
    ),
    "",
    ...commands.flatMap(renderCommand),
    "## Everywhere",
    "",
    "These options work before and after the command. `--help` explains a command, `--version` tells the version.",
    "",
    ...optionTable(globalOptions),
    "",
    "## Exit codes",
    "",
    ...table(
      ["Code", "Meaning"],
      exitCodes.map(([number, meaning]) => [String(number), meaning]),
    ),
    "",
    "`airelays run` ends with the exit code of its command: 128 and the number of the signal when one ended it, 126 when it cannot be started, 127 when it is not there.",
    "",
    "[Errors](errors.md) tells which error ends with which code.",
    "",
  ].join("\n");
}

function renderCommand(spec: CommandSpec): string[] {
  const { name, summary, options, examples } = spec;
  const width = Math.max(...examples.map(([line]) => line.length));
  return [
    `## airelays ${name}`,
    "",
    `${summary}.`,
    "",
    ...(synopsisOf(spec) === name ? [] : [code(`airelays ${synopsisOf(spec)}`), ""]),
    ...(Object.keys(options).length === 0 ? [] : [...optionTable(options), ""]),
    "```sh",
    ...examples.map(([line, meaning]) => `${line.padEnd(width)}  # ${meaning}`),
    "```",
    "",
  ];
}

function optionTable(options: CommandSpec["options"]): string[] {
  return table(
    ["Option", "What it does"],
    Object.entries(options).flatMap(([name, option]) =>
      option.hidden ? [] : [[code(`--${name}${placeholder(option)}`), option.describe ?? ""]],
    ),
  );
}

function placeholder({ type, requiresArg }: CommandSpec["options"][string]): string {
  if (type === "boolean") return "";
  return requiresArg ? " <value>" : " [value]";
}

/** As GitHub makes it from the heading. */
function anchor(name: string): string {
  return `airelays-${name.replaceAll(" ", "-")}`;
}
