/**
 * Where a command line ends that holds another one: in `airelays run --port 8317 codex exec --json` it is
 * before `codex`. Knows which options take a value, and leaves everything else to the parser.
 */
import type { CommandSpec } from "./command-spec.ts";

type Options = CommandSpec["options"];

export interface SplitCommandLine {
  /** For our parser. */
  readonly own: readonly string[];
  /** The other program's; undefined where the command takes none. */
  readonly command: readonly string[] | undefined;
}

export function splitCommandLine(
  argv: readonly string[],
  commands: readonly CommandSpec[],
  globalOptions: Options,
): SplitCommandLine {
  let options = globalOptions;
  let isInside = false;
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? "";
    if (word === "--") {
      if (!isInside) break;
      return { own: argv.slice(0, index), command: argv.slice(index + 1) };
    }
    if (word.startsWith("-") && word !== "-") {
      const [name = "", value] = word.replace(/^--?/, "").split("=", 2);
      if (value === undefined && options[name]?.type === "string") index += 1;
    } else if (isInside) {
      return { own: argv.slice(0, index), command: argv.slice(index) };
    } else {
      const spec = commands.find(({ name }) => name === word);
      if (spec?.endsInCommand !== true) break;
      isInside = true;
      options = { ...globalOptions, ...spec.options };
    }
  }
  return { own: argv, command: isInside ? [] : undefined };
}
