/**
 * `airelays demo`: the relay on the embedded stand-in upstream, with a real device sign-in and two
 * real requests. Needs no account, touches no setting or login of the person, and says on every
 * screen that nothing here is an AI.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDeviceLogin } from "../../auth/device-login.ts";
import { type LoadedConfig, loadConfig } from "../../config/load.ts";
import { RelayError } from "../../errors.ts";
import { relayTokens } from "../../relay-token.ts";
import { createSignIn } from "../../sign-in.ts";
import { type Simulator, startSimulator } from "../../simulator/server.ts";
import { type CommandContext, has, type Run, talk } from "../context.ts";
import { showChat, showResponses } from "../demo-requests.ts";
import { checkReach } from "../network-reach.ts";
import { formatSection, formatTitle } from "../render.ts";
import { serveUntilStopped } from "./serve.ts";

const standIn = "stand-in upstream: no account, no AI, canned answers";

export const demo: Run = async (context) => {
  const { io, runtime } = context;
  const folder = await mkdtemp(join(tmpdir(), "airelays-demo-"));
  const simulator = await startSimulator({ clock: runtime.clock });
  try {
    const loaded = await demoConfig(context, folder, simulator);
    checkReach(loaded.config);
    const colors = io.stderrColors;
    talk(io, `${formatTitle("AIRelays demo", colors)}\nThis is a ${standIn}.\n\n`);
    await signInThere(context, loaded, simulator);
    const { token } = await relayTokens(loaded, runtime).ensure();
    if (token === undefined) throw new RelayError("relay_token_missing", "No token was made.");
    await serveUntilStopped(context, loaded, async ({ main: { url } }) => {
      const baseUrl = `${url}/v1`;
      await showChat(io, baseUrl, token);
      await showResponses(io, baseUrl, token);
      io.stderr(
        formatSection(
          `Serving, on a ${standIn}`,
          [
            { label: "Base URL", value: baseUrl },
            { label: "Stand-in", value: simulator.url },
            { label: "Transit log", value: loaded.config.paths.logsDir },
          ],
          colors,
          io.stderrTerminal?.columns,
        ),
      );
      talk(io, "\nPaste this into another terminal, and any OpenAI client there will use it:\n\n");
      io.stdout(`export OPENAI_BASE_URL=${baseUrl}\nexport OPENAI_API_KEY=${token}\n`);
      io.stderr("\nWith your own account: airelays start\nCtrl-C stops.\n");
    });
  } finally {
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  }
};

/** Everything in a folder of its own; of the person's settings only where it listens counts. */
async function demoConfig(
  { args, runtime }: CommandContext,
  folder: string,
  simulator: Simulator,
): Promise<LoadedConfig> {
  const { platform } = runtime;
  return loadConfig({
    env: {
      AIRELAYS_UPSTREAM_BASE_URL: simulator.upstreamBaseUrl,
      AIRELAYS_ISSUER_BASE_URL: simulator.issuerBaseUrl,
    },
    platform,
    homeDirectory: folder,
    flags: {
      ...(args["host"] === undefined ? {} : { host: args["host"] }),
      ...(args["port"] === undefined ? {} : { port: args["port"] }),
      ...(has(args, "allow-network") ? { "allow-network": true } : {}),
      "data-dir": join(folder, "data"),
      "auth-storage": "file",
    },
  });
}

/** The device flow as a person goes through it; the consent is given at the stand-in's own page. */
async function signInThere(
  { io, runtime }: CommandContext,
  { config }: LoadedConfig,
  simulator: Simulator,
): Promise<void> {
  const signIn = createSignIn(config, runtime, () => undefined);
  const { oauth, http } = await signIn.server();
  let consent: Promise<void> | undefined;
  const method = createDeviceLogin({
    oauth,
    http,
    clock: runtime.clock,
    // The polling interval is for people; here the next poll can follow the consent.
    sleep: async () => {
      await consent;
    },
    onPrompt({ verificationUrl, userCode }) {
      talk(io, `Signing in by device code: ${userCode} at ${verificationUrl}\n`);
      consent = approve(simulator, userCode);
    },
  });
  await signIn.session.replace(await method.signIn(io.stopSignal()));
  io.stderr("Signed in at the stand-in.\n");
}

async function approve(simulator: Simulator, userCode: string): Promise<void> {
  await fetch(`${simulator.issuerBaseUrl}/codex/device`, {
    method: "POST",
    body: new URLSearchParams({ user_code: userCode }),
  });
}
