/**
 * Starts a relay in a process of its own that outlives the terminal, and waits until it answers. What
 * it says before is in its log; when it fails, its reason is this command's.
 */
import { readFile, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { LoadedConfig } from "../config/load.ts";
import { type ErrorCode, RelayError } from "../errors.ts";
import { type Keeper, type RunningRelay, readRunFiles } from "../run-files.ts";
import { createSignIn } from "../sign-in.ts";
import { makePrivateDirectory } from "../storage/atomic-file.ts";
import { backgroundLogPath, cutWhenFull } from "./background-log.ts";
import { type CommandContext, note } from "./context.ts";
import { formatGreeting } from "./greeting.ts";
import type { DetachedProgram } from "./programs.ts";
import { relayAt } from "./relay-at.ts";

/** A keyring that does not answer is waited for before; a relay takes a fraction of a second. */
const patienceMs = 60_000;
const lookEveryMs = 50;

export interface Launch {
  /** Options of `serve`. */
  readonly options: readonly string[];
  readonly folder: string;
  /** Who looks after it from then on. */
  readonly by: Keeper;
}

/** Returns when it answers, after telling where. */
export async function startInBackground(
  context: CommandContext,
  loaded: LoadedConfig,
  { options, folder, by }: Launch,
): Promise<void> {
  const { io, runtime } = context;
  const { dataDir } = loaded.config.paths;
  const log = backgroundLogPath(dataDir);
  await makePrivateDirectory(dataDir);
  // Here and not by the child, whose reason is read from this place on.
  cutWhenFull(log);
  const offset = await sizeOf(log);
  const before = new Set((await readRunFiles(dataDir)).map(({ instance }) => instance));
  const { node, nodeOptions, script } = runtime.program;
  const argv = [node, ...nodeOptions, script, "serve", ...options, `--started-by=${by}`];
  const progress = await io.progress("Starting the relay in the background");
  try {
    const { startDetached } = await io.programs();
    const child = await startDetached(argv, { folder, outputFile: log });
    const outcome = await waitFor(context, dataDir, child, before);
    if (!("relay" in outcome)) throw failure(outcome.code, await textFrom(log, offset), log);
    progress.stop();
    await greet(context, loaded, outcome.relay);
  } finally {
    progress.stop();
  }
}

type Outcome = { readonly relay: RunningRelay } | { readonly code: number | null };

/** The relay once it answers; its exit code when it ended before. */
async function waitFor(
  { io, runtime }: CommandContext,
  dataDir: string,
  child: DetachedProgram,
  before: ReadonlySet<string>,
): Promise<Outcome> {
  let exit: Outcome | undefined;
  void child.ended.then((code) => {
    exit = { code };
  });
  const stopping = io.stopSignal();
  const until = runtime.clock.now() + patienceMs;
  while (exit === undefined) {
    const relay = (await readRunFiles(dataDir)).find(
      ({ pid, instance }) => pid === child.processId && !before.has(instance),
    );
    if (relay !== undefined && (await relayAt(relay.url))?.instance === relay.instance) {
      return { relay };
    }
    if (stopping.aborted || runtime.clock.now() > until) {
      child.kill();
      if (stopping.aborted) throw new RelayError("cancelled", "Cancelled; no relay was started.");
      throw new RelayError(
        "start_failed",
        `The relay did not answer within ${patienceMs / 1000} seconds, and was ended.`,
        { hint: `What it printed is in \`${backgroundLogPath(dataDir)}\`.` },
      );
    }
    await delay(lookEveryMs);
  }
  return exit;
}

const codes: Readonly<Record<number, ErrorCode>> = { 2: "usage", 4: "upstream_auth_missing" };

/** What the child printed as its reason, with its exit code. */
function failure(code: number | null, printed: string, log: string): RelayError {
  const [, message, hint] = /^error: (.*?)\n(?:hint: (.*)\n)?$/ms.exec(printed) ?? [];
  const errorCode = codes[code ?? 1] ?? "start_failed";
  if (message !== undefined) {
    return new RelayError(errorCode, message, hint === undefined ? {} : { hint });
  }
  const last = printed.trim().split("\n").slice(-5).join("\n");
  const how = code === null ? "was killed" : `ended with exit code ${code}`;
  const said = last === "" ? "." : `, after:\n${last}`;
  return new RelayError(errorCode, `The relay ${how} before it answered${said}`, {
    hint: `What it printed is in \`${log}\`.`,
  });
}

async function greet(
  { io, runtime }: CommandContext,
  loaded: LoadedConfig,
  { url, ollamaUrl, pid }: RunningRelay,
): Promise<void> {
  const { dataDir } = loaded.config.paths;
  const { session } = createSignIn(loaded.config, runtime, (text) => note(io, text));
  const greeted = {
    title: "AIRelays is serving in the background",
    url,
    ollamaUrl,
    auth: await session.status(),
    more: [
      { label: "Process", value: pid },
      { label: "Output", value: backgroundLogPath(dataDir) },
    ],
    ending: "`airelays stop` ends it, `airelays status` tells how it is.",
  };
  io.stdout(formatGreeting(loaded, greeted, io.stdoutColors, io.stdoutTerminal?.columns));
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function textFrom(path: string, offset: number): Promise<string> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  return bytes.subarray(offset).toString("utf8");
}
