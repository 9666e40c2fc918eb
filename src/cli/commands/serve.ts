/** `airelays serve`: the relay until it is asked to stop. */
import { networkInterfaces } from "node:os";
import type { AuthStatus } from "../../auth/auth-status.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { RelayError } from "../../errors.ts";
import { createRelay, type Relay } from "../../relay.ts";
import { relayTokenProblem, relayTokens } from "../../relay-token.ts";
import { type Listening, listen } from "../../server/listen.ts";
import { type CommandContext, loadFor, note, type Run } from "../context.ts";
import { checkReach, reachedAt, reachFields, reachWarning } from "../network-reach.ts";
import { formatSection, formatTitle, maskEmail } from "../render.ts";

export const serve: Run = async (context) => {
  const loaded = await loadFor(context);
  checkReach(loaded.config);
  await requireToken(context, loaded);
  await serveUntilStopped(context, loaded, async (listening, relay) => {
    greet(context, loaded, listening, await relay.authStatus());
  });
};

/** Serves, calls back once the port is bound, and returns when the person has stopped it. */
export async function serveUntilStopped(
  { io, runtime }: CommandContext,
  loaded: LoadedConfig,
  onListening: (listening: Listening, relay: Relay) => Promise<void>,
): Promise<void> {
  const stopRequest = io.stopRequest();
  const relay = await createRelay({ loaded, runtime, onNotice: (text) => note(io, text) });
  try {
    const listening = await listen(relay.handler, loaded.config.server, relay.sockets);
    try {
      await onListening(listening, relay);
      await stopRequest;
      io.stderr("\nStopping. A second Ctrl-C cuts running answers.\n");
    } finally {
      await listening.close(loaded.config.server.drainSeconds * 1000);
    }
  } finally {
    await relay.close();
  }
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
  { url, port }: Listening,
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
