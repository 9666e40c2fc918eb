/** `airelays serve`: the relay until it is asked to stop. */
import type { AuthStatus } from "../../auth/auth-status.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { RelayError } from "../../errors.ts";
import { createRelay, type Relay } from "../../relay.ts";
import { relayTokens } from "../../relay-token.ts";
import { isLoopbackName } from "../../server/addresses.ts";
import { listen } from "../../server/listen.ts";
import { type CommandContext, loadFor, note, type Run } from "../context.ts";
import { formatSection, formatTitle, maskEmail } from "../render.ts";

export const serve: Run = async (context) => {
  const loaded = await loadFor(context);
  await requireToken(context, loaded);
  await serveUntilStopped(context, loaded, async (url, relay) => {
    greet(context, loaded, url, await relay.authStatus());
  });
};

/** Serves, calls back once the port is bound, and returns when the person has stopped it. */
export async function serveUntilStopped(
  { io, runtime }: CommandContext,
  loaded: LoadedConfig,
  onListening: (url: string, relay: Relay) => Promise<void>,
): Promise<void> {
  const stopRequest = io.stopRequest();
  const relay = await createRelay({ loaded, runtime, onNotice: (text) => note(io, text) });
  try {
    const listening = await listen(relay.handler, loaded.config.server, relay.sockets);
    try {
      await onListening(listening.url, relay);
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
  const { host } = loaded.config.server;
  if (!requireBearerAuth && !isLoopbackName(host)) {
    throw new RelayError(
      "usage",
      `Open mode on \`${host}\` would let others use your account. Serve on 127.0.0.1, or with the relay token.`,
    );
  }
  if (!requireBearerAuth) return;
  const tokens = relayTokens(loaded, runtime);
  if (autoGenerateBearerToken) await tokens.ensure();
  if ((await tokens.current()).token !== undefined) return;
  throw new RelayError("relay_token_missing", "There is no relay token yet. Run: airelays init", {
    hint: "Or serve without one, open to every program on this machine: airelays serve --no-auth",
  });
}

function greet(
  { io }: CommandContext,
  { config }: LoadedConfig,
  url: string,
  auth: AuthStatus,
): void {
  const colors = io.stderrColors;
  const signedIn = auth.ready_for_requests;
  io.stderr(
    formatTitle("AIRelays is serving", colors) +
      formatSection(
        "Relay",
        [
          { label: "Base URL", value: `${url}/v1` },
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
      "\nCtrl-C stops.\n",
  );
}
