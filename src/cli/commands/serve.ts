/** `airelays serve`: the relay until it is asked to stop. */
import { networkInterfaces } from "node:os";
import type { AuthStatus } from "../../auth/auth-status.ts";
import { parseAddress } from "../../config/address.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { RelayError, reasonOf } from "../../errors.ts";
import { createRelay, type Relay } from "../../relay.ts";
import { relayTokenProblem, relayTokens } from "../../relay-token.ts";
import { isLoopbackName } from "../../server/addresses.ts";
import { type Listening, listen } from "../../server/listen.ts";
import { listenAsOllama } from "../../server/listen-as-ollama.ts";
import { type CommandContext, loadFor, note, type Run } from "../context.ts";
import { checkReach, reachedAt, reachFields, reachWarning } from "../network-reach.ts";
import { type Field, formatSection, formatTitle, maskEmail } from "../render.ts";

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
  { io, runtime }: CommandContext,
  loaded: LoadedConfig,
  onListening: (doors: OpenDoors, relay: Relay) => Promise<void>,
): Promise<void> {
  const stopRequest = io.stopRequest();
  // One request's defect must not end the answers of all others.
  io.onStrayError((error) =>
    note(io, `A defect of airelays was met; it goes on: ${reasonOf(error)}`),
  );
  const relay = await createRelay({ loaded, runtime, onNotice: (text) => note(io, text) });
  const doors: Listening[] = [];
  try {
    try {
      const main = await listen(relay.handler, loaded.config.server, relay.life);
      doors.push(main);
      const ollama = relay.ollama && (await listenAsOllama(relay.ollama));
      if (ollama !== undefined) doors.push(ollama);
      relay.warmUp();
      await onListening({ main, ollama }, relay);
      await stopRequest;
      io.stderr("\nStopping. A second Ctrl-C ends it at once.\n");
    } finally {
      const drainMs = loaded.config.server.drainSeconds * 1000;
      await Promise.all(doors.map((door) => door.close(drainMs)));
    }
  } finally {
    await relay.close();
  }
}

/** Ollama's port has no words for a network: it stays on this machine unless the token guards it. */
function requireOllama({ args }: CommandContext, { config }: LoadedConfig): void {
  if (args["ollama-open"] === true && config.ollama.listen === "off") {
    throw new RelayError(
      "usage",
      "`--ollama-open` opens the port of `--ollama`, which is not on.",
      {
        hint: "airelays serve --ollama --ollama-open",
      },
    );
  }
  const { security, server, ollama } = config;
  const host = parseAddress(ollama.listen)?.host;
  if (host === undefined || isLoopbackName(host)) return;
  if (ollama.open || !security.requireBearerAuth) {
    throw new RelayError(
      "usage",
      `Open mode on \`${host}\` would let others use your account. Serve on 127.0.0.1, or with the relay token.`,
    );
  }
  checkReach({ security, server: { ...server, host } });
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
  { main: { url, port }, ollama }: OpenDoors,
  auth: AuthStatus,
): void {
  const reached = reachedAt(config.server.host, networkInterfaces());
  const colors = io.stderrColors;
  const signedIn = auth.ready_for_requests;
  io.stderr(
    formatTitle("AIRelays is serving", colors) +
      formatSection(
        "Relay",
        [
          { label: "Base URL", value: `${url}/v1` },
          ...reachFields(reached, port),
          config.security.requireBearerAuth
            ? { label: "Relay token", value: "required; airelays token show" }
            : {
                label: "Relay token",
                value: "none: open to every program on this machine",
                tone: "warn",
              },
          ...ollamaField(config, ollama?.url),
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
      (reached.length === 0 ? "" : reachWarning) +
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
