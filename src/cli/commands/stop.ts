/** `airelays stop`: ends a relay of the data folder, wherever it runs, and waits for its answers. */
import { readRunFiles } from "../../run-files.ts";
import { type CommandContext, has, loadFor, note, type Run, talk, tell } from "../context.ts";
import { findRunning } from "../relay-address.ts";
import { formatJson } from "../render.ts";
import { chooseRelay, list, nameOf, toRunningJson } from "../running-relays.ts";
import { stopRelay } from "../stopping.ts";

export const stop: Run = async (context) => {
  const { args, io } = context;
  const { dataDir } = (await loadFor(context)).config.paths;
  const running = await findRunning(dataDir);
  const relay = chooseRelay(running, args);
  if (relay === undefined) {
    for (const line of await othersThere(context, dataDir)) note(io, line);
    if (has(args, "json")) io.stdout(formatJson({ stopped: false, relay: null }));
    else tell(io, `No relay of ${dataDir} runs${atPort(args)}; there is nothing to stop.\n`);
    return;
  }
  await stopRelay(context, dataDir, relay);
  if (has(args, "json")) {
    io.stdout(formatJson({ stopped: true, relay: toRunningJson(relay) }));
    return;
  }
  tell(io, `Stopped the relay at ${nameOf(relay)}.\n`);
  if (relay.start?.by !== "service") return;
  talk(
    io,
    "It is a service: it starts again when you log in. `airelays service uninstall` ends that.\n",
  );
};

function atPort({ port }: CommandContext["args"]): string {
  return port === undefined ? "" : ` at port ${port}`;
}

/** Relays that run elsewhere on the folder, and processes that may be relays that hang. */
async function othersThere(
  { io, runtime }: CommandContext,
  dataDir: string,
): Promise<readonly string[]> {
  const [said, running] = await Promise.all([readRunFiles(dataDir), findRunning(dataDir)]);
  const { isAlive } = await io.programs();
  const silent = said.filter(
    ({ instance, pid, hostName }) =>
      hostName === runtime.hostName &&
      isAlive(pid) &&
      running.every((each) => each.instance !== instance),
  );
  return [
    ...(running.length === 0 ? [] : [`On this data folder runs ${list(running)}.`]),
    ...silent.map(
      (relay) =>
        `A relay said that it serves at ${nameOf(relay)}. It does not answer: it ends right now, it hangs, or the process is another one by now.`,
    ),
  ];
}
