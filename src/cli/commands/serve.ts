/** `airelays serve`: the relay until it is asked to stop; or, with `--detach`, one in the background. */
import { parseAddress } from "../../config/address.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { isRelayError, RelayError, reasonOf } from "../../errors.ts";
import { createRelay, type Relay } from "../../relay.ts";
import { relayTokenProblem, relayTokens } from "../../relay-token.ts";
import { type Listening, listen } from "../../server/listen.ts";
import { listenAsOllama } from "../../server/listen-as-ollama.ts";
import { announce, removeStaleRunFiles } from "../announcement.ts";
import { startInBackground } from "../background.ts";
import { intoBackgroundLog } from "../background-log.ts";
import { type CommandContext, has, loadFor, note, type Run } from "../context.ts";
import { formatGreeting } from "../greeting.ts";
import { checkReach } from "../network-reach.ts";
import { findRunning } from "../relay-address.ts";
import { createRequestLines } from "../requests/request-lines.ts";
import { portOf } from "../running-relays.ts";
import { toStartOptions } from "../start-options.ts";

export const serve: Run = async (context) => {
  const loaded = await loadFor(context);
  requireOllama(context, loaded);
  checkReach(loaded.config);
  await requireToken(context, loaded);
  if (has(context.args, "detach")) {
    const folder = context.runtime.program.folder();
    const options = toStartOptions(context.args, folder);
    const by = context.args["started-by"] === "service" ? "service" : "background";
    await startInBackground(context, loaded, { options, folder, by });
  } else {
    await serveHere(context, loaded).catch(async (error: unknown) => {
      throw await namingOurs(error, loaded);
    });
  }
};

/** At a terminal, or where another command or the system has started it. */
async function serveHere({ io, ...given }: CommandContext, loaded: LoadedConfig): Promise<void> {
  const { args, runtime } = given;
  const isKept = args["started-by"] !== undefined;
  const output = isKept ? intoBackgroundLog(io, loaded.config.paths.dataDir, runtime.clock) : io;
  const ending = isKept
    ? "`airelays stop` ends it."
    : "Ctrl-C stops. To serve without this terminal: airelays serve --detach";
  await serveUntilStopped({ ...given, io: output }, loaded, async ({ main, ollama }, relay) => {
    const [url, ollamaUrl, auth] = [main.url, ollama?.url, await relay.authStatus()];
    const greeted = { title: "AIRelays is serving", url, ollamaUrl, auth, ending };
    output.stderr(
      formatGreeting(loaded, greeted, output.stderrColors, output.stderrTerminal?.columns),
    );
  });
}

/** Where the relay answers, and where it does so as Ollama. */
interface OpenDoors {
  readonly main: Listening;
  readonly ollama: Listening | undefined;
}

/** Serves, calls back once the port is bound, and returns when somebody has stopped it. */
export async function serveUntilStopped(
  context: CommandContext,
  loaded: LoadedConfig,
  onListening: (doors: OpenDoors, relay: Relay) => Promise<void>,
): Promise<void> {
  const { runtime } = context;
  const lines = createRequestLines(context);
  const { io, watch } = lines;
  const stopRequest = io.stopRequest();
  await io.prepareToServe();
  // One request's defect must not end the answers of all others.
  io.onStrayError((error) =>
    note(io, `A defect of airelays was met; it goes on: ${reasonOf(error)}`),
  );
  const relay = await createRelay({ loaded, runtime, watch, onNotice: (text) => note(io, text) });
  const doors: Listening[] = [];
  let withdraw = async (): Promise<void> => undefined;
  try {
    try {
      const main = await listen(relay.handler, loaded.config.server, relay.life);
      doors.push(main);
      const ollama = relay.ollama && (await listenAsOllama(relay.ollama));
      if (ollama !== undefined) doors.push(ollama);
      relay.warmUp();
      await removeStaleRunFiles(context, loaded.config.paths.dataDir);
      const announcement = await announce(context, loaded, {
        instance: relay.instance,
        url: main.url,
        port: main.port,
        ollamaUrl: ollama?.url,
        ollamaPort: ollama?.port,
      });
      ({ withdraw } = announcement);
      await onListening({ main, ollama }, relay);
      lines.begin();
      await Promise.race([stopRequest, announcement.stopAsked]);
      const isKept = context.args["started-by"] !== undefined;
      io.stderr(isKept ? "Stopping.\n" : "\nStopping. A second Ctrl-C ends it at once.\n");
    } finally {
      const drainMs = loaded.config.server.drainSeconds * 1000;
      await Promise.all(doors.map((door) => door.close(drainMs)));
    }
  } finally {
    await relay.close().finally(withdraw);
    lines.end();
  }
}

function requireOllama({ args }: CommandContext, { config }: LoadedConfig): void {
  if (args["ollama-open"] !== true || config.ollama.listen !== "off") return;
  const problem = "`--ollama-open` opens the port of `--ollama`, which is not on.";
  throw new RelayError("usage", problem, { hint: "airelays serve --ollama --ollama-open" });
}

async function requireToken({ runtime }: CommandContext, loaded: LoadedConfig): Promise<void> {
  const { requireBearerAuth, autoGenerateBearerToken } = loaded.config.security;
  if (!requireBearerAuth) return;
  const tokens = relayTokens(loaded, runtime);
  if (autoGenerateBearerToken) await tokens.ensure();
  if ((await tokens.current()).token !== undefined) {
    const problem = await relayTokenProblem(loaded, runtime);
    if (problem === undefined) return;
    throw new RelayError("relay_token_unsafe", problem);
  }
  throw new RelayError("relay_token_missing", "There is no relay token yet. Run: airelays init", {
    hint: "Or serve without one, open to every program on this machine: airelays serve --no-auth",
  });
}

/** Says of a port that is taken when a relay of this folder has it: the person may want that one. */
async function namingOurs(error: unknown, { config }: LoadedConfig): Promise<unknown> {
  if (!isRelayError(error) || error.code !== "port_in_use") return error;
  const wanted = [config.server.port, parseAddress(config.ollama.listen)?.port];
  for (const { url, ollamaUrl, pid } of await findRunning(config.paths.dataDir)) {
    const taken = [url, ollamaUrl ?? url].map(portOf).find((port) => wanted.includes(port));
    if (taken === undefined) continue;
    return new RelayError(
      "port_in_use",
      `Port ${taken} is in use: a relay of this data folder runs already, at ${url} (process ${pid}).`,
      { hint: "airelays stop ends it. Beside it, choose another port with --port.", cause: error },
    );
  }
  return error;
}
