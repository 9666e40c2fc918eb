/** `airelays start`: from nothing to serving. Does what is still to do of `init` and `login`, then `serve`. */

import { describeAccount } from "../../auth/credentials.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { relayTokens } from "../../relay-token.ts";
import { createSignIn } from "../../sign-in.ts";
import { serveOptions } from "../command-spec.ts";
import { globalOptions } from "../command-table.ts";
import { type Args, type CommandContext, note, type Run, readFor, tell } from "../context.ts";
import { createLoginScreen } from "../login-screen.ts";
import { findRunning } from "../relay-address.ts";
import { type Field, formatSection, formatTitle, maskEmail } from "../render.ts";
import { nameOf, portOf } from "../running-relays.ts";
import { writeConfig } from "./init.ts";
import { signIn } from "./login.ts";
import { serve } from "./serve.ts";

export const start: Run = async (context) => {
  const { args, io } = context;
  // Notices are told once, by `serve`.
  const loaded = await readFor(context, { allowMissing: true });
  await setUp(context, loaded);
  const { session } = createSignIn(loaded.config, context.runtime, (text) => note(io, text));
  const auth = await session.status();
  // A login that cannot be read is not gone: `serve` says what is wrong with it.
  if (!auth.ready_for_requests && auth.error === null)
    await logIn({ ...context, args: setupArgs(args) });
  if (!(await runsAlready(context, loaded))) await serve(context);
};

/** Asked for what is there: nothing to do. Asked for something else, `serve` says what is in the way. */
async function runsAlready(
  { args, io }: CommandContext,
  { config }: LoadedConfig,
): Promise<boolean> {
  const changes = Object.keys(serveOptions).filter(
    (name) => !["host", "port", "detach"].includes(name) && args[name] !== undefined,
  );
  if (changes.length > 0) return false;
  const relays = await findRunning(config.paths.dataDir);
  const there = relays.find(({ url }) => portOf(url) === config.server.port);
  if (there === undefined) return false;
  tell(io, `The relay runs already, at ${nameOf(there)}. \`airelays stop\` ends it.\n`);
  return true;
}

/** What is for this one start does not go into the config file. */
function setupArgs(args: Args): Args {
  const names = [...Object.keys(globalOptions), "bearer-token-file", "device", "browser"];
  return Object.fromEntries(Object.entries(args).filter(([name]) => names.includes(name)));
}

/** The config file and the token, where they are missing. */
async function setUp(context: CommandContext, { config }: LoadedConfig): Promise<void> {
  const { args, io, runtime } = context;
  const loaded = await readFor({ ...context, args: setupArgs(args) }, { allowMissing: true });
  const done: Field[] = [];
  if (!loaded.exists) {
    await writeConfig(false, false, loaded);
    done.push({ label: "Config file", value: `${loaded.path} (created)` });
  }
  if (config.security.requireBearerAuth) {
    const { created } = await relayTokens(loaded, runtime).ensure();
    if (created) done.push({ label: "Relay token", value: "created; airelays token show" });
  }
  if (done.length === 0) return;
  const colors = io.stderrColors;
  io.stderr(
    `${formatTitle("AIRelays start", colors)}${formatSection("Set up", done, colors, io.stderrTerminal?.columns)}\n`,
  );
}

async function logIn(context: CommandContext): Promise<void> {
  const { io } = context;
  const loaded = await readFor(context);
  const { credentials, models } = await signIn(context, loaded, createLoginScreen(io));
  const { email, plan } = describeAccount(credentials);
  const fields = [
    { label: "Email", value: maskEmail(email) },
    { label: "Plan", value: plan },
    { label: "Models", value: `${models} available` },
  ];
  io.stderr(`${formatSection("Signed in", fields, io.stderrColors, io.stderrTerminal?.columns)}\n`);
}
