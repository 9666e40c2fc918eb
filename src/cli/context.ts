/** What a command is given, and how commands get at the configuration. */
import { type LoadedConfig, loadConfig } from "../config/load.ts";
import type { Runtime } from "../runtime.ts";
import type { CliIO } from "./io.ts";
import { fitLines, printableLine } from "./render.ts";
import type { Repeat } from "./same-settings.ts";

export type Args = Readonly<Record<string, unknown>>;

export interface CommandContext {
  readonly args: Args;
  readonly io: CliIO;
  readonly runtime: Runtime;
  /** For commands that are printed as data; talk gets it anyway. */
  readonly repeat: Repeat;
}

/**
 * A command's module exports this; it prints, and throws RelayError when it fails. A number is the exit
 * code, of a command whose answer it is.
 */
export type Run =
  | ((context: CommandContext) => Promise<void>)
  | ((context: CommandContext) => Promise<number>);

export interface ConfigOptions {
  /** A config file that is named and does not exist yet is fine: `init` writes it. */
  readonly allowMissing?: boolean;
}

/** The configuration with this command line's flags; its notices are printed. */
export async function loadFor(
  context: CommandContext,
  options: ConfigOptions = {},
): Promise<LoadedConfig> {
  const loaded = await readFor(context, options);
  for (const notice of loaded.notices) note(context.io, notice);
  return loaded;
}

/** The same, and nothing is printed. */
export async function readFor(
  { args, runtime }: Pick<CommandContext, "args" | "runtime">,
  { allowMissing = false }: ConfigOptions = {},
): Promise<LoadedConfig> {
  const configPath = args["config"];
  const { env, platform, homeDirectory, workingDirectory } = runtime;
  return loadConfig({
    env,
    platform,
    homeDirectory,
    workingDirectory,
    flags: args,
    configPath: typeof configPath === "string" ? configPath : undefined,
    allowMissing,
  });
}

/** Prints a sentence that is the answer, in lines that fit the terminal. */
export function tell(io: CliIO, text: string): void {
  io.stdout(fitLines(text, io.stdoutTerminal?.columns));
}

/** Says something to the person, in lines that fit the terminal. */
export function talk(io: CliIO, text: string): void {
  io.stderr(fitLines(text, io.stderrTerminal?.columns));
}

export function note(io: CliIO, text: string): void {
  talk(io, `${io.stderrColors.yellow("note:")} ${printableLine(text)}\n`);
}

/** Is this switch on? */
export function has(args: Args, name: string): boolean {
  return args[name] === true;
}
