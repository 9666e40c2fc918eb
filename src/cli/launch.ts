/**
 * How a command is started without a shell, also where Windows has only a script for it: what npm
 * installs there are `.cmd` files, which Node refuses to start by themselves (CVE-2024-27980).
 */
import { win32 } from "node:path";
import { RelayError } from "../errors.ts";
import { findProgram, isThere, realFiles, type Surroundings, variable } from "./find-program.ts";

export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The arguments are one line as Windows takes it, quoted already. */
  readonly isVerbatim?: boolean;
}

/** Throws `command_not_found` or `command_not_started`, with a shell's exit codes. */
export function launchOf(command: readonly string[], surroundings: Surroundings): Launch {
  const [name = "", ...args] = command;
  const { env, platform } = surroundings;
  const file = findProgram(name, surroundings);
  if (file === undefined) throw notFound(name, surroundings);
  // The name and not the path: some programs look at how they were called.
  if (platform !== "win32") return { file: name, args, env };
  if (!/\.(cmd|bat)$/i.test(file)) return { file, args, env };
  const target = shimTarget(file, surroundings);
  if (target === undefined) return throughCmd(file, args, env);
  if (/\.exe$/i.test(target)) return { file: target, args, env };
  const node = win32.join(win32.dirname(file), "node.exe");
  const found = isThere(node, surroundings) ? node : findProgram("node", surroundings);
  return found === undefined
    ? throughCmd(file, args, env)
    : { file: found, args: [target, ...args], env };
}

function notFound(name: string, surroundings: Surroundings): RelayError {
  if (isThere(name, surroundings)) {
    return new RelayError(
      "command_not_started",
      `\`${name}\` is no program: it may not be executed.`,
    );
  }
  const isPath = /[\\/]/.test(name);
  const where = isPath ? "There is no such file" : "No folder of `PATH` has it";
  return new RelayError("command_not_found", `\`${name}\` was not found. ${where}.`, {
    hint: "Install the tool, or name it by its path",
  });
}

/**
 * What one of npm's shims starts. Its own line is
 * `"%_prog%"  "%dp0%\node_modules\@openai\codex\bin\codex.js" %*`: started directly, the arguments need no
 * quoting for cmd, and Ctrl-C does not ask whether to end a batch job.
 */
function shimTarget(file: string, { files = realFiles }: Surroundings): string | undefined {
  let text: string;
  try {
    text = files.textOf(file);
  } catch {
    // Then cmd may read it, and tell what it has against it.
    return undefined;
  }
  const [, path] = /"%(?:~dp0|dp0%)\\?([^"%]+\.(?:[cm]?js|exe))"\s+%\*/i.exec(text) ?? [];
  return path === undefined ? undefined : win32.join(win32.dirname(file), path);
}

/** Any other script: cmd runs it, with every character escaped that cmd or the script would read. */
function throughCmd(file: string, args: readonly string[], env: Launch["env"]): Launch {
  if (args.some((arg) => /[\r\n]/.test(arg))) {
    const problem = "is a script for cmd, which takes no argument with a line break in it";
    throw new RelayError("command_not_started", `\`${file}\` ${problem}.`);
  }
  const comspec = variable(env, "COMSPEC", true) ?? "cmd.exe";
  const line = [file.replace(cmdMeaning, "^$1"), ...args.map(quoteForCmd)].join(" ");
  return { file: comspec, args: ["/d", "/s", "/c", `"${line}"`], env, isVerbatim: true };
}

const cmdMeaning = /([()\][%!^"`<>&|;, *?])/g;

/** One argument through cmd's reading and then the program's: quoted for the latter, escaped for the former. */
function quoteForCmd(arg: string): string {
  const quoted = arg.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1");
  return `"${quoted}"`.replace(cmdMeaning, "^$1");
}
