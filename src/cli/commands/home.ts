/** `airelays` alone: how things are, in a few lines, and the one next step. Asks nobody but the relay of this machine. */
import type { AuthStatus } from "../../auth/auth-status.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { relayTokenProblem, relayTokens } from "../../relay-token.ts";
import type { RunningRelay } from "../../run-files.ts";
import type { Runtime } from "../../runtime.ts";
import { createSignIn } from "../../sign-in.ts";
import { version } from "../../version.ts";
import { loadFor, note, type Run } from "../context.ts";
import { signInField } from "../greeting.ts";
import { findRunning } from "../relay-address.ts";
import { type Field, fitLines, formatSection, formatTitle } from "../render.ts";
import { runningFields } from "../running-relays.ts";

export const home: Run = async (context) => {
  const { io, runtime } = context;
  const loaded = await loadFor(context, { allowMissing: true });
  const { session } = createSignIn(loaded.config, runtime, (text) => note(io, text));
  const [auth, running, { token }, tokenProblem] = await Promise.all([
    session.status(),
    findRunning(loaded.config.paths.dataDir),
    relayTokens(loaded, runtime).current(),
    relayTokenProblem(loaded, runtime),
  ]);
  const { config, exists } = loaded;
  const hasToken = token !== undefined;
  const state: State = { config, exists, auth, running, hasToken, tokenProblem };
  const { command, meaning } = nextStep(state);
  const colors = io.stdoutColors;
  const columns = io.stdoutTerminal?.columns;
  const fields = [
    { label: "Config file", value: exists ? shortPath(loaded.path, runtime) : "none yet" },
    tokenField(state),
    signInField(auth),
    ...runningFields(running, runtime.clock.now()),
  ];
  io.stdout(
    formatTitle("AIRelays", colors) +
      formatSection(`Version ${version}`, fields, colors, columns) +
      `\n${colors.bold("Next step")}\n  ${command}\n  ${colors.dim(fitLines(`  ${meaning}`, columns).trimStart())}\n` +
      `\n${colors.dim("All commands: airelays --help")}\n`,
  );
};

export interface State extends Pick<LoadedConfig, "config" | "exists"> {
  readonly auth: Pick<AuthStatus, "ready_for_requests" | "error">;
  readonly running: readonly Pick<RunningRelay, "version">[];
  readonly hasToken: boolean;
  readonly tokenProblem: string | undefined;
}

interface Step {
  readonly command: string;
  readonly meaning: string;
}

/** What stands in the way comes first, then what is missing, then what is left to do. */
export function nextStep({ config, exists, auth, running, hasToken, tokenProblem }: State): Step {
  const lacksToken = config.security.requireBearerAuth && !hasToken;
  const step = (command: string, meaning: string): Step => ({ command, meaning });
  if (tokenProblem !== undefined || auth.error !== null) {
    return step("airelays doctor", "It says what is wrong, and what to do.");
  }
  const [relay] = running;
  if (relay === undefined) {
    const parts = [
      ...(exists && !lacksToken ? [] : ["sets everything up"]),
      ...(auth.ready_for_requests ? [] : ["signs you in"]),
      "serves",
    ];
    return step("airelays start", `It ${new Intl.ListFormat("en").format(parts)}.`);
  }
  if (lacksToken) return step("airelays init", "Clients need the relay token.");
  if (!auth.ready_for_requests) {
    return step("airelays login", "The relay takes up the new sign-in by itself.");
  }
  if (relay.version !== version) {
    return step("airelays restart", "The relay is of another version than this program.");
  }
  return step("airelays connect", "It shows the settings of each tool that can use the relay.");
}

/** `~/.config/…`: a line of it is enough here. */
function shortPath(path: string, { homeDirectory }: Pick<Runtime, "homeDirectory">): string {
  return path.startsWith(homeDirectory) ? `~${path.slice(homeDirectory.length)}` : path;
}

function tokenField({ config, hasToken, tokenProblem }: State): Field {
  const label = "Relay token";
  if (!config.security.requireBearerAuth) {
    return { label, value: "none needed: open to every program on this machine", tone: "warn" };
  }
  if (tokenProblem !== undefined) return { label, value: tokenProblem, tone: "bad" };
  return hasToken ? { label, value: "present", tone: "good" } : { label, value: "none yet" };
}
