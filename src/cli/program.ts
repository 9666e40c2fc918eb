/**
 * The command line: yargs over the command table. Turns whatever happens into printed lines and an
 * exit code; a command throws and knows neither.
 */
import yargs, { type Argv } from "yargs";
import { isRelayError, RelayError, reasonOf } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import { version } from "../version.ts";
import { type CommandSpec, synopsisOf } from "./command-spec.ts";
import { commandGroups, commands, globalOptions, home } from "./command-table.ts";
import { type Args, talk } from "./context.ts";
import type { CliIO } from "./io.ts";
import { printable, printableLine } from "./render.ts";
import { createRepeat, type Repeatable } from "./same-settings.ts";
import { splitCommandLine } from "./split-command-line.ts";
import { usageError } from "./usage-error.ts";

export const exitCodes = [
  [0, "done"],
  [1, "failed"],
  [2, "wrong usage, or cancelled"],
  [3, "no: not enough of the plan is left (quota)"],
  [4, "sign-in needed: airelays login"],
] as const;

/** Where the files are is told again in every command that is printed; the demo has its own. */
const repeatable: Repeatable = {
  commands: Object.fromEntries(
    commands
      .filter(({ name }) => name !== "demo")
      .map(({ name, options }) => [
        name,
        [
          ...Object.keys(globalOptions),
          ...("bearer-token-file" in options ? ["bearer-token-file"] : []),
        ],
      ]),
  ),
  isPath: (option) => option !== "auth-storage",
};

/** Runs one command line (without `node` and the script) and gives its exit code. */
export async function runCli(
  argv: readonly string[],
  processIo: CliIO,
  runtime: Runtime,
): Promise<number> {
  let io = withoutSecrets(processIo, runtime);
  try {
    let chosen: { spec: CommandSpec; args: Args } | undefined;
    const program = buildProgram((spec, args) => {
      chosen = { spec, args };
    }, io.stdoutTerminal?.columns);
    let printed = "";
    const { own, command } = splitCommandLine(argv, commands, globalOptions);
    const parsed = await program.parseAsync([...own], {}, (_error, _argv, output) => {
      printed = output;
    });
    if (printed !== "") {
      io.stdout(`${printed}\n`);
      return 0;
    }
    // Not a command of the parser's: it would take every unknown word for an argument of that one.
    chosen ??= { spec: home, args: parsed };
    const [{ checkFlagValues }, run] = await Promise.all([
      import("./flag-values.ts"),
      chosen.spec.load(),
    ]);
    checkFlagValues(chosen.args, chosen.spec.name);
    const args = command === undefined ? chosen.args : { ...chosen.args, command };
    const repeat = createRepeat(args, runtime, repeatable);
    io = withTalk(io, repeat);
    return (await run({ args, io, runtime, repeat })) ?? 0;
  } catch (error) {
    return report(error, io);
  }
}

/** Commands that show a secret print it as data; talk has none in it. */
function withoutSecrets(io: CliIO, { secrets }: Runtime): CliIO {
  return withTalk(io, secrets.strip);
}

/** The same terminal, with a last look at what is said. */
function withTalk(io: CliIO, look: (text: string) => string): CliIO {
  return Object.create(io, {
    stderr: { value: (text: string) => io.stderr(look(text)) },
  }) as CliIO;
}

/**
 * The program; `onCommand` is called with the command that was named. The help is as wide as the
 * terminal. Exported for the tests of the documents.
 */
export function buildProgram(
  onCommand: (spec: CommandSpec, args: Args) => void,
  columns?: number,
): Argv {
  /** The command whose options are being read. */
  let current: CommandSpec | undefined;
  /** `config` of `airelays config`, when that was all. */
  let group: string | undefined;
  const add = (parser: Argv, spec: CommandSpec, words: string): void => {
    parser.command(
      words,
      spec.summary,
      (sub) => {
        current = spec;
        for (const [name, positional] of Object.entries(spec.positionals ?? {})) {
          sub.positional(name, positional);
        }
        return sub.options(spec.options).example(spec.examples.map(([line, text]) => [line, text]));
      },
      (args) => onCommand(spec, args),
    );
  };
  const program = yargs()
    .scriptName("airelays")
    .usage(
      "$0 [command] [options]\n\nYour own ChatGPT subscription as a local OpenAI-compatible API.\nWithout a command: how things are, and the next step.",
    )
    .locale("en")
    .parserConfiguration({
      // `--no-auth` is an option of that name, not `--auth` switched off.
      "boolean-negation": false,
      // The last one wins, as everywhere; the default makes a list of them.
      "duplicate-arguments-array": false,
    })
    .options(globalOptions)
    .group(Object.keys(globalOptions), "Everywhere:")
    .version(version)
    .help()
    .alias("help", "h")
    .strict()
    .strictCommands()
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      // Commands run after the parsing: what yargs itself complains of is the command line's fault.
      if (error !== undefined && error.name !== "YError") throw error;
      throw usageError(message ?? error?.message, { commands, globalOptions, current, group });
    })
    .wrap(columns ?? null)
    .epilogue(
      `Exit codes: ${exitCodes.map(([code, meaning]) => `${code} ${meaning}`).join("; ")}.`,
    );
  for (const spec of commands) {
    if (!spec.name.includes(" ")) add(program, spec, synopsisOf(spec));
  }
  for (const { name, summary } of commandGroups) {
    const members = commands.filter((spec) => spec.name.startsWith(`${name} `));
    const verbs = members.map((spec) => spec.name.slice(name.length + 1));
    const choice = anyOf(verbs);
    program.command(name, `${summary}: ${choice}`, (sub) => {
      for (const spec of members) {
        add(sub, spec, synopsisOf(spec).slice(name.length + 1));
      }
      group = name;
      return sub.demandCommand(1, `Name a command: ${name} ${choice}.`);
    });
  }
  return program;
}

/** `install, uninstall, or status`. Intl.ListFormat writes the same; its first use takes 15 ms of each start. */
function anyOf(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  if (words.length < 3) return words.join(" or ");
  return `${words.slice(0, -1).join(", ")}, or ${last}`;
}

/** Prints what went wrong and the next step; gives the exit code. */
function report(error: unknown, io: CliIO): number {
  const failure = toCliError(error);
  const { red, bold, dim } = io.stderrColors;
  // Our own lists have several lines; an upstream's sentence has one, whatever it holds.
  const show = failure.details.upstream === undefined ? printable : printableLine;
  talk(io, `${red(bold("error:"))} ${show(failure.message)}\n`);
  const { hint } = failure.details;
  if (hint !== undefined && !failure.message.includes(hint)) {
    talk(io, `${dim("hint:")} ${printable(hint)}\n`);
  }
  return failure.exitCode;
}

function toCliError(error: unknown): RelayError {
  if (isRelayError(error)) return error;
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (typeof code === "string" && /^E[A-Z]+$/.test(code)) {
    return new RelayError("storage_failed", `${reasonOf(error)}.`);
  }
  return new RelayError("internal_error", `An unexpected failure: ${reasonOf(error)}`, {
    hint: "This is a defect of airelays. Report it with the command that you ran.",
  });
}
