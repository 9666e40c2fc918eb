/** Does what a plan says: shown first, agreed to, and run step by step. */
import { readFile } from "node:fs/promises";
import { RelayError, reasonOf } from "../../errors.ts";
import { writePrivateFile } from "../../storage/atomic-file.ts";
import { type CommandContext, has } from "../context.ts";
import type { CliIO } from "../io.ts";
import { printable, printableLine } from "../render.ts";
import { type ServiceCommand, type ServiceFile, signature } from "./plan.ts";

/** A command as it would be typed. */
export function formatCommand(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./\\-]+$/.test(word) ? word : `"${word}"`)).join(" ");
}

/** The commands of a plan, indented, for the person to look at. */
export function formatCommands(commands: readonly ServiceCommand[]): string {
  return commands.map(({ argv }) => `  ${printableLine(formatCommand(argv))}\n`).join("");
}

/** Throws unless the person agrees, here or with `--yes`. */
export async function requireConsent(
  { args, io }: CommandContext,
  question: string,
): Promise<void> {
  if (has(args, "yes")) return;
  const { typedLines } = io;
  if (typedLines === undefined) {
    throw new RelayError("usage", "Nothing was changed: nobody is here to agree to it.", {
      hint: "Add --yes; or look only, with --print.",
    });
  }
  io.stderr(`\n${question} [y/N] `);
  for await (const line of typedLines(io.stopSignal())) {
    if (/^\s*y(es)?\s*$/i.test(line)) return;
    break;
  }
  throw new RelayError("cancelled", "Cancelled; nothing was changed.");
}

export async function runCommands(io: CliIO, commands: readonly ServiceCommand[]): Promise<void> {
  const { run } = await io.programs();
  for (const { argv, mayFail = false } of commands) {
    const shown = formatCommand(argv);
    const { code, stdout, stderr } = await run(argv).catch((error: unknown) => {
      const stderr = `it cannot be run: ${reasonOf(error)}`;
      return { code: 127, stdout: "", stderr };
    });
    if (code === 0 || mayFail) continue;
    const said = printable((stderr.trim() || stdout.trim()).split("\n").slice(-3).join("\n"));
    throw failed(`\`${shown}\` ended with ${code ?? "a signal"}${said === "" ? "." : `: ${said}`}`);
  }
}

/** Undefined when there is none. Throws when the file at this place is not ours. */
export async function readServiceFile({
  path,
  encoding,
}: ServiceFile): Promise<string | undefined> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  const text = bytes?.toString(encoding).replace(/^\ufeff/, "");
  if (text === undefined || text.includes(signature)) return text;
  throw failed(`\`${path}\` was not written by airelays; it is left as it is.`);
}

export async function writeServiceFile({ path, text, encoding }: ServiceFile): Promise<void> {
  const mark = encoding === "utf16le" ? "\ufeff" : "";
  await writePrivateFile(path, Buffer.from(mark + text, encoding));
}

function failed(problem: string): RelayError {
  return new RelayError("service_failed", problem, {
    hint: "In the background without a service manager: airelays serve --detach",
  });
}
