/** `airelays run`: another program with the variables by which it finds the relay. The token is in its environment only. */
import { win32 } from "node:path";
import { RelayError } from "../../errors.ts";
import { readTextIfPresent } from "../../storage/atomic-file.ts";
import { clientTarget, notRunning } from "../client-target.ts";
import { clientVariables, conflictingVariables } from "../client-variables.ts";
import { type CommandContext, loadFor, note, type Run } from "../context.ts";
import { launchOf } from "../launch.ts";

export const run: Run = async (context) => {
  const { args, io, runtime } = context;
  const loaded = await loadFor(context);
  const command = args["command"];
  if (!Array.isArray(command) || command.length === 0) {
    throw new RelayError("usage", "Name the command to run.", { hint: "airelays run claude" });
  }
  const target = await clientTarget(loaded, runtime);
  const removed = conflictingVariables(runtime.env);
  const inherited = Object.entries(runtime.env).filter(([name]) => !removed.includes(name));
  const env = { ...Object.fromEntries(inherited), ...clientVariables(target, runtime.env) };
  const launch = launchOf(command.map(String), { env, platform: runtime.platform });
  // Some clients wait for ever for an address at which nobody answers.
  if (!target.isAnswering) throw notRunning(target.url);
  await warnOfCodex(context, String(command[0]), target.url);
  for (const name of removed) note(io, `\`${name}\` is left out: it would be sent to the relay.`);
  return io.runProgram(launch);
};

/** Codex heeds its own file only: without our settings it would take the relay token to OpenAI. */
async function warnOfCodex(
  { io, runtime }: CommandContext,
  command: string,
  url: string,
): Promise<void> {
  // Both kinds of slashes part a path there, as a Windows shell takes them.
  const program = win32.basename(command).replace(/\.(exe|cmd|bat|ps1)$/i, "");
  const { codex } = await import("../connect/tools/codex.ts");
  const path = codex.file?.path(runtime);
  if (path === undefined || !codex.programs.includes(program)) return;
  const settings = await readTextIfPresent(path).catch(() => undefined);
  if (settings?.includes(url)) return;
  note(
    io,
    `${codex.title} reads no variables, and goes by \`${path}\`, which does not name this relay. Run first: airelays connect codex --write`,
  );
}
