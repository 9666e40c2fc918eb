/** `airelays login`: a sign-in by browser or device code, stored, and proven by a real call. */
import { setTimeout as delay } from "node:timers/promises";
import type { Credentials } from "../../auth/credentials.ts";
import { describeAccount } from "../../auth/credentials.ts";
import { type LoginMethod, prefersDeviceLogin } from "../../auth/login-method.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { RelayError, reasonOf } from "../../errors.ts";
import { relayTokens } from "../../relay.ts";
import { createSignIn, type SignIn } from "../../sign-in.ts";
import { connectUpstream } from "../../upstream-connection.ts";
import { clientSetupFields, serveCommand } from "../client-setup.ts";
import { type CommandContext, has, loadFor, note, type Run } from "../context.ts";
import type { Progress } from "../io.ts";
import { formatSeconds, formatSection, formatSteps, formatTitle } from "../render.ts";

export const login: Run = async (context) => {
  const { args, io, runtime } = context;
  if (has(args, "device") && has(args, "browser")) {
    throw new RelayError("usage", "`--device` and `--browser` exclude each other. Give one.");
  }
  const loaded = await loadFor(context);
  const signIn = createSignIn(loaded.config, runtime, (text) => note(io, text));
  const waiting = createWaiting(context);
  let credentials: Credentials;
  try {
    const method = await chooseMethod(context, loaded, signIn, waiting);
    credentials = await method.signIn(io.stopSignal());
  } finally {
    waiting.stop();
  }
  await signIn.session.replace(credentials);

  const { email, plan } = describeAccount(credentials);
  const models = await prove(context, loaded, signIn);
  const tokens = relayTokens(loaded, runtime);
  const { token } = await tokens.current();
  const isTokenMissing = loaded.config.security.requireBearerAuth && token === undefined;
  const colors = io.stdoutColors;
  io.stdout(
    formatTitle("Signed in", colors) +
      formatSection(
        "ChatGPT account",
        [
          { label: "Email", value: email },
          { label: "Plan", value: plan },
          { label: "Account ID", value: credentials.accountId },
          { label: "Stored in", value: signIn.store.path },
          { label: "Models", value: models, tone: "good" },
        ],
        colors,
      ) +
      formatSection("Client setup", clientSetupFields(loaded, undefined), colors) +
      formatSteps([isTokenMissing ? "airelays init" : serveCommand(loaded)], colors),
  );
};

/** What is shown while the person signs in elsewhere. */
interface Waiting {
  show(text: string): void;
  stop(): void;
}

function createWaiting({ io }: CommandContext): Waiting {
  let progress: Promise<Progress> | undefined;
  let stopped = false;
  return {
    show(text) {
      if (progress === undefined) {
        progress = io.progress(text);
        return;
      }
      void progress.then((line) => {
        if (!stopped) line.update(text);
      });
    },
    stop() {
      stopped = true;
      void progress?.then((line) => line.stop());
    },
  };
}

async function chooseMethod(
  { args, io, runtime }: CommandContext,
  { config }: LoadedConfig,
  signIn: SignIn,
  waiting: Waiting,
): Promise<LoginMethod> {
  const workspaceId = typeof args["workspace-id"] === "string" ? args["workspace-id"] : undefined;
  const { oauth, http } = await signIn.server(workspaceId === undefined ? {} : { workspaceId });
  const sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
    await delay(ms, undefined, { signal });
  };
  const common = {
    oauth,
    clock: runtime.clock,
    sleep,
    workspaceId,
    timeoutSeconds: config.auth.loginTimeoutSeconds,
  };
  const { bold } = io.stderrColors;
  if (has(args, "device") || (!has(args, "browser") && prefersDeviceLogin(runtime))) {
    const { createDeviceLogin } = await import("../../auth/device-login.ts");
    return createDeviceLogin({
      ...common,
      http,
      onPrompt({ verificationUrl, userCode }) {
        io.stderr(
          `Open this page on any device and enter the code:\n\n  ${bold(verificationUrl)}\n  ${bold(userCode)}\n\nNever enter a code that somebody else sent you.\n\n`,
        );
      },
      onWaiting(secondsLeft) {
        waiting.show(
          `Waiting for the sign-in, ${formatSeconds(secondsLeft)} left. Ctrl-C cancels.`,
        );
      },
    });
  }
  const { createBrowserLogin } = await import("../../auth/browser-login.ts");
  return createBrowserLogin({
    ...common,
    onUrl(url) {
      io.stderr(`Open this page in the browser of this machine:\n\n  ${bold(url)}\n\n`);
      if (config.auth.browserOpen) {
        io.openBrowser(url).catch((error: unknown) => {
          note(io, `The browser could not be opened: ${reasonOf(error)}. Open the page yourself.`);
        });
      }
      waiting.show("Waiting for the sign-in in the browser. Ctrl-C cancels.");
    },
  });
}

/** "Signed in" is never a guess: the plan's models, or why they could not be read. */
async function prove(
  { runtime }: CommandContext,
  { config }: LoadedConfig,
  { session }: SignIn,
): Promise<string> {
  const connection = await connectUpstream(config, runtime, session);
  try {
    const models = await connection.upstream.models(AbortSignal.timeout(30_000));
    return `${models.length} available`;
  } catch (error) {
    throw new RelayError(
      "login_failed",
      `The sign-in is stored, but the first call with it failed: ${reasonOf(error)}`,
      { hint: "Check with: airelays models", cause: error },
    );
  } finally {
    await connection.close();
  }
}
