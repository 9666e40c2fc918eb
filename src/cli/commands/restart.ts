/** `airelays restart`: stops a relay and starts it again with the options that it had. */
import type { LoadedConfig } from "../../config/load.ts";
import { RelayError } from "../../errors.ts";
import type { RunningRelay, Start } from "../../run-files.ts";
import { startInBackground } from "../background.ts";
import { type CommandContext, loadFor, note, type Run, readFor } from "../context.ts";
import { findRunning } from "../relay-address.ts";
import { chooseRelay, list, nameOf } from "../running-relays.ts";
import { runCommands } from "../service/apply.ts";
import { planHere } from "../service/here.ts";
import { fromStartOptions, settingVariables } from "../start-options.ts";
import { stopRelay } from "../stopping.ts";

export const restart: Run = async (context) => {
  const { args, io, runtime } = context;
  const loaded = await loadFor(context);
  const { dataDir } = loaded.config.paths;
  const running = await findRunning(dataDir);
  const relay = chooseRelay(running, args);
  if (relay === undefined) {
    const where = args["port"] === undefined ? "" : ` at port ${args["port"]}`;
    const others = running.length === 0 ? "" : ` On it runs ${list(running)}.`;
    throw new RelayError("start_failed", `No relay of ${dataDir} runs${where}.${others}`, {
      hint: "Start one: airelays serve --detach",
    });
  }
  const start = startOf(relay);
  // Read before anything is stopped: a config file that is wrong by now must not end the relay.
  const next = await readFor({ ...context, args: fromStartOptions(start.options) });
  requireVariables(context, next, start);
  await stopRelay(context, dataDir, relay);
  if (start.by === "service") {
    const { restart: commands } = planHere(args, loaded, runtime);
    await runCommands(io, commands);
    io.stdout("The service starts again: airelays service status\n");
    return;
  }
  if (start.by === "terminal") note(io, "It ran in a terminal; it goes on in the background.");
  await startInBackground(context, next, { ...start, by: "background" }).catch((error: unknown) => {
    note(io, "The relay was stopped, and does not start again.");
    throw error;
  });
};

function startOf(relay: RunningRelay): Start {
  if (relay.start !== undefined) return relay.start;
  const problem = `The relay at ${nameOf(relay)} is of version ${relay.version}, which does not tell its options.`;
  throw new RelayError("start_failed", problem, {
    hint: "airelays stop, then airelays serve --detach",
  });
}

/** What it had from its environment only the environment can give again: not even the name of a file has it. */
function requireVariables(
  { io, runtime }: CommandContext,
  loaded: LoadedConfig,
  { environment }: Start,
): void {
  const here = settingVariables(loaded, runtime);
  const missing = environment.filter((name) => !here.includes(name));
  if (missing.length > 0) {
    const names = missing.map((name) => `\`${name}\``).join(", ");
    throw new RelayError(
      "usage",
      `The relay was started with ${names} in its environment, which this terminal does not have; it goes on as it is.`,
      { hint: "Set the same here. Or without: airelays stop, then airelays serve --detach" },
    );
  }
  const added = here.filter((name) => !environment.includes(name));
  if (added.length > 0) {
    note(io, `New in its environment, and counting from now on: ${added.join(", ")}.`);
  }
}
