/** `airelays serve`: the relay until it is asked to stop. */
import { networkInterfaces } from "node:os";
import type { AuthStatus } from "../../auth/auth-status.ts";
import { parseAddress } from "../../config/address.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { RelayError, reasonOf } from "../../errors.ts";
import { createRelay, type Relay } from "../../relay.ts";
import { relayTokenProblem, relayTokens } from "../../relay-token.ts";
import { removeRunFile, writeRunFile } from "../../run-files.ts";
import { type Listening, listen } from "../../server/listen.ts";
import { listenAsOllama } from "../../server/listen-as-ollama.ts";
import { version } from "../../version.ts";
import { type CommandContext, loadFor, note, type Run } from "../context.ts";
import { checkReach, reachedAt, reachFields, reachWarning } from "../network-reach.ts";
import { type Field, formatSection, formatTitle, maskEmail } from "../render.ts";
import { createRequestLines } from "../requests/request-lines.ts";

export const serve: Run = async (context) => {
  const loaded = await loadFor(context);
  requireOllama(context, loaded);
  checkReach(loaded.config);
  await requireToken(context, loaded);
  await serveUntilStopped(context, loaded, async (doors, relay) => {
    greet(context, loaded, doors, await relay.authStatus());
  });
};

/** Where the relay answers, and where it does so as Ollama. */
interface OpenDoors {
  readonly main: Listening;
  readonly ollama: Listening | undefined;
}

/** Serves, calls back once the port is bound, and returns when the person has stopped it. */
export async function serveUntilStopped(
  context: CommandContext,
  loaded: LoadedConfig,
  onListening: (doors: OpenDoors, relay: Relay) => Promise<void>,
): Promise<void> {
  const { runtime } = context;
  const lines = createRequestLines(context);
  const { io, watch } = lines;
  const stopRequest = io.stopRequest();
  // One request's defect must not end the answers of all others.
  io.onStrayError((error) =>
    note(io, `A defect of airelays was met; it goes on: ${reasonOf(error)}`),
  );
  const relay = await createRelay({ loaded, runtime, watch, onNotice: (text) => note(io, text) });
  const doors: Listening[] = [];
  const { dataDir } = loaded.config.paths;
  /** Lets the other commands find this relay; one that cannot be found serves all the same. */
  const announce = async ({ main, ollama }: OpenDoors, { instance }: Relay): Promise<void> => {
    const { processId: pid, clock } = runtime;
    const startedAt = clock.now();
    const addresses = { url: main.url, ...(ollama && { ollamaUrl: ollama.url }) };
    const relay = { instance, pid, ...addresses, startedAt, version };
    await writeRunFile(dataDir, relay).catch((error: unknown) =>
      note(io, `Other commands cannot find this relay: ${reasonOf(error)}`),
    );
  };
  try {
    try {
      const main = await listen(relay.handler, loaded.config.server, relay.life);
      doors.push(main);
      const ollama = relay.ollama && (await listenAsOllama(relay.ollama));
      if (ollama !== undefined) doors.push(ollama);
      relay.warmUp();
      await announce({ main, ollama }, relay);
      await onListening({ main, ollama }, relay);
      lines.begin();
      await stopRequest;
      io.stderr("\nStopping. A second Ctrl-C ends it at once.\n");
    } finally {
      const drainMs = loaded.config.server.drainSeconds * 1000;
      await removeRunFile(dataDir, relay.instance).catch(() => undefined);
      await Promise.all(doors.map((door) => door.close(drainMs)));
    }
  } finally {
    await relay.close();
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

function greet(
  { io }: CommandContext,
  { config }: LoadedConfig,
  { main, ollama }: OpenDoors,
  auth: AuthStatus,
): void {
  const reachOf = (host: string | undefined, port: number | undefined): Field[] =>
    host === undefined || port === undefined
      ? []
      : [...reachFields(reachedAt(host, networkInterfaces()), port)];
  const reached = reachOf(config.server.host, main.port);
  const ollamaReached = reachOf(parseAddress(config.ollama.listen)?.host, ollama?.port);
  const colors = io.stderrColors;
  const signedIn = auth.ready_for_requests;
  io.stderr(
    formatTitle("AIRelays is serving", colors) +
      formatSection(
        "Relay",
        [
          { label: "Base URL", value: `${main.url}/v1` },
          ...reached,
          config.security.requireBearerAuth
            ? { label: "Relay token", value: "required; airelays token show" }
            : {
                label: "Relay token",
                value: "none: open to every program on this machine",
                tone: "warn",
              },
          ...ollamaField(config, ollama?.url),
          ...ollamaReached,
          {
            label: "Signed in",
            value: signedIn
              ? [maskEmail(auth.email), auth.plan_type].filter(Boolean).join(", ") || "yes"
              : (auth.error?.message ?? auth.refresh_failure?.message ?? "no; run: airelays login"),
            tone: signedIn ? "good" : "bad",
          },
          {
            label: "Transit log",
            value: `${config.paths.logsDir} (${config.logging.content})`,
          },
        ],
        colors,
      ) +
      (reached.length + ollamaReached.length === 0 ? "" : reachWarning) +
      "\nCtrl-C stops.\n",
  );
}

function ollamaField(
  { security, ollama }: LoadedConfig["config"],
  url: string | undefined,
): Field[] {
  if (url === undefined) return [];
  const isOpen = ollama.open || !security.requireBearerAuth;
  return [
    isOpen
      ? {
          label: "Ollama",
          value: `${url}; no token: open to every program on this machine`,
          tone: "warn",
        }
      : { label: "Ollama", value: `${url}; with the relay token` },
  ];
}
