/** `airelays run`: another program with the variables by which it finds the relay. The token is in its environment only. */
import { RelayError } from "../../errors.ts";
import { clientTarget, notRunning } from "../client-target.ts";
import { clientVariables, conflictingVariables } from "../client-variables.ts";
import { loadFor, note, type Run } from "../context.ts";
import { launchOf } from "../launch.ts";

export const run: Run = async (context) => {
  const { args, io, runtime } = context;
  const loaded = await loadFor(context);
  const command = args["command"];
  if (!Array.isArray(command) || command.length === 0) {
    throw new RelayError("usage", "Name the command to run.", { hint: "airelays run codex" });
  }
  const target = await clientTarget(loaded, runtime);
  const removed = conflictingVariables(runtime.env);
  const inherited = Object.entries(runtime.env).filter(([name]) => !removed.includes(name));
  const env = { ...Object.fromEntries(inherited), ...clientVariables(target, runtime.env) };
  const launch = launchOf(command.map(String), { env, platform: runtime.platform });
  // Some clients wait for ever for an address at which nobody answers.
  if (!target.isAnswering) throw notRunning(target.url);
  for (const name of removed) note(io, `\`${name}\` is left out: it would be sent to the relay.`);
  return io.runProgram(launch);
};
