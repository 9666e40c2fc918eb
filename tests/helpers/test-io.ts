/**
 * Runs one command line in this process as `main.ts` does, in a home folder of its own: what it
 * prints is collected without colour, and the wish to stop is the test's.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import picocolors from "picocolors";
import { onTestFinished } from "vitest";
import type { CliIO, Terminal } from "../../src/cli/io.ts";
import { runCli } from "../../src/cli/program.ts";
import type { Programs } from "../../src/cli/programs.ts";
import type { Runtime } from "../../src/runtime.ts";
import { type Simulator, startSimulator } from "../../src/simulator/server.ts";
import { approveDevice, realClock, testRuntime } from "./test-relay.ts";
import { createTextWatch } from "./text-watch.ts";

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

interface CommandOptions {
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A person at the keyboard; without it nobody types. */
  readonly typed?: (signal: AbortSignal) => AsyncIterable<string>;
  /** Other programs as the test has them; without it nothing is started. */
  readonly programs?: Partial<Programs>;
  readonly runtime?: Partial<Runtime>;
  /** What both streams are shown on; without it they are piped. */
  readonly terminal?: Terminal;
  /** The same by its width alone. */
  readonly columns?: number;
  /** In the place of another program. */
  readonly runProgram?: CliIO["runProgram"];
}

export interface RunningCommand {
  /** Resolves when the output so far matches; rejects when the command ends without it. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** Ctrl-C. */
  stop(): void;
  readonly done: Promise<CommandResult>;
}

const noPrograms: Programs = {
  startDetached: () => Promise.reject(new Error("this test starts nothing")),
  run: () => Promise.reject(new Error("this test runs nothing")),
  // A run file of a test names this process, or one that is not there.
  isAlive: (processId) => processId === process.pid,
};

/** What `runCli` does with a person who reads along and may want to stop. */
export function startCommand(argv: readonly string[], options: CommandOptions): RunningCommand {
  const { home, env = {} } = options;
  const output = { stdout: "", stderr: "" };
  const watch = createTextWatch();
  const stopping = new AbortController();
  const colors = picocolors.createColors(false);
  const stopRequest = new Promise<void>((resolve) => {
    stopping.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const print = (stream: "stdout" | "stderr") => (text: string) => {
    output[stream] += text;
    watch.add(text);
  };
  const { columns } = options;
  const terminal =
    options.terminal ?? (columns === undefined ? undefined : { columns, canRedraw: true });
  const io: CliIO = {
    stdout: print("stdout"),
    stderr: print("stderr"),
    stdoutColors: colors,
    stderrColors: colors,
    stdoutTerminal: terminal,
    stderrTerminal: terminal,
    stdoutIsGone: () => false,
    // Time passes as soon as everything else has had its turn.
    pause: () => new Promise((resolve) => setImmediate(() => resolve(!stopping.signal.aborted))),
    async progress(text) {
      print("stderr")(`${text}\n`);
      return { update: () => undefined, stop: () => undefined };
    },
    openBrowser: async () => {
      throw new Error("no test opens a browser");
    },
    runProgram:
      options.runProgram ??
      (async () => {
        throw new Error("no test starts programs unless it says so");
      }),
    typedLines: options.typed,
    programs: async () => ({ ...noPrograms, ...options.programs }),
    stopRequest: () => stopRequest,
    stopSignal: () => stopping.signal,
    // The runner's own handlers fail the run.
    onStrayError: () => undefined,
    prepareToServe: async () => undefined,
  };
  const runtime = {
    ...testRuntime(home),
    workingDirectory: home,
    env: { AIRELAYS_AUTH_STORAGE: "file", ...env },
    ...options.runtime,
  };
  const done = runCli(argv, io, runtime).then((code) => {
    watch.end();
    return { ...output, code };
  });
  return { until: watch.until, stop: () => stopping.abort(), done };
}

/** A command line from its start to its end. */
export function runCommand(
  argv: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  return startCommand(argv, options).done;
}

/** What a failed command shows: nothing for scripts, and these lines for the person. */
export function failure(code: number, ...lines: readonly string[]): CommandResult {
  return { stdout: "", stderr: lines.map((line) => `${line}\n`).join(""), code };
}

/** A home folder of this test's own, removed after it. */
export async function makeHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "airelays-cli-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  return home;
}

export interface StandInHome {
  readonly simulator: Simulator;
  readonly home: string;
  /** Points the commands at the stand-in. */
  readonly env: Readonly<Record<string, string>>;
}

/** A stand-in and a home that knows it; nobody is signed in. */
export async function startStandInHome(): Promise<StandInHome> {
  const home = await makeHome();
  const simulator = await startSimulator({ clock: realClock });
  onTestFinished(() => simulator.close());
  const env = {
    AIRELAYS_UPSTREAM_BASE_URL: simulator.upstreamBaseUrl,
    AIRELAYS_ISSUER_BASE_URL: simulator.issuerBaseUrl,
  };
  return { simulator, home, env };
}

/**
 * `login --device` with the consent given at the stand-in. The first poll is held until then, so
 * that nothing waits for the interval between two polls.
 */
export async function logIn(
  {
    home,
    env,
    simulator,
    typed,
    programs,
  }: StandInHome & Pick<CommandOptions, "typed" | "programs">,
  argv: readonly string[] = ["login", "--device"],
): Promise<CommandResult> {
  const realFetch = globalThis.fetch;
  const command = startCommand(argv, {
    home,
    env,
    ...(typed === undefined ? {} : { typed }),
    ...(programs === undefined ? {} : { programs }),
  });
  const consent = command
    .until(/(?:^ {2}|"user_code":")([A-Z2-9]{4}-[A-Z2-9]{5})(?:$|")/m)
    .then(([, code = ""]) => approveDevice(simulator.issuerBaseUrl, code));
  globalThis.fetch = async (input, init) => {
    if (String(input).endsWith("/deviceauth/token")) await consent;
    return realFetch(input, init);
  };
  try {
    const [result] = await Promise.all([command.done, consent]);
    return result;
  } finally {
    globalThis.fetch = realFetch;
  }
}

/** Faults of the stand-in, as its guide names them. */
export async function applyFaults(
  { simulator }: Pick<StandInHome, "simulator">,
  faults: Readonly<Record<string, string>>,
): Promise<void> {
  const answer = await fetch(`${simulator.url}/simulator/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(faults),
  });
  if (!answer.ok) throw new Error(`The stand-in refuses the faults: ${await answer.text()}`);
}

/** A loopback address at which nobody listens. */
export async function deadAddress(): Promise<string> {
  const simulator = await startSimulator({ clock: realClock });
  await simulator.close();
  return simulator.url;
}
