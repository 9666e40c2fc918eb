/** `airelays login`: a sign-in by browser or device code, stored, and proven by a real call. */
import { setTimeout as delay } from "node:timers/promises";
import { isPortTaken } from "../../auth/callback-server.ts";
import { type Credentials, createCredentials, describeAccount } from "../../auth/credentials.ts";
import { type LoginMethod, prefersDeviceLogin, signInCancelled } from "../../auth/login-method.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { RelayError, reasonOf, toRelayError } from "../../errors.ts";
import { relayTokens } from "../../relay-token.ts";
import { createSignIn, type SignIn } from "../../sign-in.ts";
import { clientSetupFields, serveCommand } from "../client-setup.ts";
import { type CommandContext, has, loadFor, note, type Run } from "../context.ts";
import { countModels } from "../count-models.ts";
import {
  createLoginEvents,
  createLoginScreen,
  type LoginScreen,
  printEvent,
} from "../login-screen.ts";
import { relayAddress } from "../relay-address.ts";
import { formatSection, formatSteps, formatTitle, maskEmail, printableLine } from "../render.ts";

export const login: Run = async (context) => {
  const { args, io } = context;
  const isJson = has(args, "json");
  const screen = isJson ? createLoginEvents(io) : createLoginScreen(io);
  try {
    const loaded = await loadFor(context);
    await report(context, loaded, await signIn(context, loaded, screen));
  } catch (error) {
    const { code, message } = toRelayError(error);
    if (isJson) printEvent(io, "failed", { code, message });
    throw error;
  }
};

/** The sign-in of a person, stored, and proven by a call. */
export async function signIn(
  context: CommandContext,
  loaded: LoadedConfig,
  screen: LoginScreen,
): Promise<Outcome> {
  const { args, io, runtime } = context;
  if (has(args, "device") && has(args, "browser")) {
    throw new RelayError("usage", "`--device` and `--browser` exclude each other. Give one.");
  }
  const here = createSignIn(loaded.config, runtime, (text) => note(io, text));
  const methods = await createMethods(context, loaded, here, screen);
  const { credentials, method } = await ask(context, methods, screen);
  await agreeToReplace(context, here, credentials, screen);
  const extra = { ...credentials.extra, login_method: method };
  await here.session
    .replace(createCredentials({ ...credentials, extra }))
    .catch(async (error: unknown) => {
      await endUnstored(here, credentials);
      throw error;
    });
  const models = await prove(context, loaded, here);
  return { credentials, models, storedIn: here.store.path };
}

interface Methods {
  readonly browser: LoginMethod;
  readonly device: LoginMethod;
}

/** The person's consent, by the way that fits this machine. */
async function ask(
  { args, io, runtime }: CommandContext,
  { browser, device }: Methods,
  screen: LoginScreen,
): Promise<{ readonly credentials: Credentials; readonly method: LoginMethod["name"] }> {
  const wantsDevice = has(args, "device") || (!has(args, "browser") && prefersDeviceLogin(runtime));
  const signal = io.stopSignal();
  const run = async (method: LoginMethod) => ({
    credentials: await method.signIn(signal),
    method: method.name,
  });
  try {
    if (wantsDevice) return await run(device);
    return await run(browser).catch((error: unknown) => {
      if (!isPortTaken(error)) throw error;
      screen.fellBack(error.message);
      return run(device);
    });
  } finally {
    screen.stop();
  }
}

async function createMethods(
  { args, io, runtime }: CommandContext,
  { config }: LoadedConfig,
  signIn: SignIn,
  screen: LoginScreen,
): Promise<Methods> {
  const workspaceId = typeof args["workspace-id"] === "string" ? args["workspace-id"] : undefined;
  const [{ oauth, http }, { createBrowserLogin }, { createDeviceLogin }] = await Promise.all([
    signIn.server(workspaceId === undefined ? {} : { workspaceId }),
    import("../../auth/browser-login.ts"),
    import("../../auth/device-login.ts"),
  ]);
  const common = {
    oauth,
    clock: runtime.clock,
    sleep: async (ms: number, signal: AbortSignal): Promise<void> => {
      await delay(ms, undefined, { signal });
    },
    workspaceId,
    timeoutSeconds: config.auth.loginTimeoutSeconds,
  };
  const { typedLines } = io;
  return {
    device: createDeviceLogin({
      ...common,
      http,
      onPrompt: (prompt) => screen.deviceCode(prompt),
      onWaiting: (secondsLeft) => screen.waiting(secondsLeft),
    }),
    browser: createBrowserLogin({
      ...common,
      onUrl(url) {
        screen.browserUrl(url, typedLines !== undefined);
        if (!config.auth.browserOpen) return;
        io.openBrowser(url).catch((error: unknown) => screen.browserNotOpened(reasonOf(error)));
      },
      ...(typedLines === undefined ? {} : { pasted: typedLines }),
      onNotExpected: () => screen.notExpected(),
    }),
  };
}

/** A sign-in of another account ends the one that is here; a person at a terminal is asked. */
async function agreeToReplace(
  { args, io }: CommandContext,
  signIn: SignIn,
  credentials: Credentials,
  screen: LoginScreen,
): Promise<void> {
  const before = await signIn.session.status();
  if (before.account_id === null || before.account_id === credentials.accountId) return;
  const { email, plan } = describeAccount(credentials);
  const { typedLines } = io;
  if (typedLines === undefined || has(args, "json")) {
    screen.replaces(before.email, email ?? null);
    return;
  }
  const here = maskEmail(before.email) ?? "Another account";
  const next = `${maskEmail(email) ?? "the new account"} (${plan ?? "plan unknown"})`;
  io.stderr(printableLine(`${here} is signed in here. Replace it with ${next}? [y/N] `));
  for await (const line of typedLines(io.stopSignal())) {
    if (/^\s*y(es)?\s*$/i.test(line)) return;
    break;
  }
  await endUnstored(signIn, credentials);
  throw signInCancelled();
}

/** It is kept nowhere, and nobody else will end it. Whether that works changes nothing. */
async function endUnstored(signIn: SignIn, { refreshToken }: Credentials): Promise<void> {
  if (refreshToken === undefined) return;
  const { oauth } = await signIn.server();
  await oauth.revoke(refreshToken).catch(() => undefined);
}

/** "Signed in" is never a guess: the number of the plan's models, or why they could not be read. */
async function prove(
  { runtime }: CommandContext,
  loaded: LoadedConfig,
  signIn: SignIn,
): Promise<number> {
  return countModels(loaded, runtime, signIn).catch((error: unknown) => {
    throw new RelayError(
      "login_failed",
      `The sign-in is stored, but the first call with it failed: ${reasonOf(error)}`,
      { hint: "Check with: airelays status --check", cause: error },
    );
  });
}

interface Outcome {
  readonly credentials: Credentials;
  readonly models: number;
  readonly storedIn: string;
}

async function report(
  { args, io, runtime, repeat }: CommandContext,
  loaded: LoadedConfig,
  { credentials, models, storedIn }: Outcome,
): Promise<void> {
  const { email, plan } = describeAccount(credentials);
  if (has(args, "json")) {
    printEvent(io, "signed_in", {
      email: email ?? null,
      plan_type: plan ?? null,
      account_id: credentials.accountId ?? null,
      stored_in: storedIn,
      models,
    });
    return;
  }
  const { token } = await relayTokens(loaded, runtime).current();
  const { running } = await relayAddress(loaded);
  const serving = running === undefined ? [serveCommand(loaded)] : [];
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
          { label: "Stored in", value: storedIn },
          { label: "Models", value: `${models} available`, tone: "good" },
        ],
        colors,
        io.stdoutTerminal?.columns,
      ) +
      formatSection(
        "Client setup",
        clientSetupFields(loaded, running, undefined, repeat),
        colors,
        io.stdoutTerminal?.columns,
      ) +
      formatSteps((isTokenMissing ? ["airelays init"] : serving).map(repeat), colors),
  );
}
