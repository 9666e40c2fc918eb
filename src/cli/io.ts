/**
 * The only effects a command has: text on two streams, a progress line, the browser, other programs,
 * and the wish to stop. Tests give their own; `processIO` is the real one.
 */
import picocolors from "picocolors";
import type { Launch } from "./launch.ts";
import type { Programs } from "./programs.ts";

export type Colors = ReturnType<typeof picocolors.createColors>;

export interface Progress {
  update(text: string): void;
  /** Takes the line away; what is to be remembered is printed by the caller. */
  stop(): void;
}

/** What text is shown on. */
export interface Terminal {
  /** As wide as it is now; 80 where it does not tell. */
  readonly columns: number;
  /** Can lines be drawn again? Not where `TERM` is `dumb`, the width is unknown, or a CI collects. */
  readonly canRedraw: boolean;
}

export interface CliIO {
  /** Data: what a script may read. */
  stdout(text: string): void;
  /** Talk: what a person reads. */
  stderr(text: string): void;
  /** Nobody reads stdout any more: `| head` has had its lines. */
  stdoutIsGone(): boolean;
  readonly stdoutColors: Colors;
  readonly stderrColors: Colors;
  /** Undefined where the text goes into a file, a pipe or a journal. */
  readonly stdoutTerminal: Terminal | undefined;
  readonly stderrTerminal: Terminal | undefined;
  /** Waits so long, or until the person asks to stop: then false. */
  pause(ms: number): Promise<boolean>;
  progress(text: string): Promise<Progress>;
  openBrowser(url: string): Promise<void>;
  /** Runs a program with this terminal until it ends; gives its exit code, as a shell would. */
  runProgram(launch: Launch): Promise<number>;
  /** Those that a command starts or asks beside itself. */
  programs(): Promise<Programs>;
  /** What the person types, line by line, until the signal aborts; undefined where nobody types. */
  readonly typedLines: ((signal: AbortSignal) => AsyncIterable<string>) | undefined;
  /** Resolves when the person or the system asks the program to stop. A second request ends it at once. */
  stopRequest(): Promise<void>;
  /** Aborts when the person or the system asks the program to stop. */
  stopSignal(): AbortSignal;
  /** From now on an error that nobody caught is told here and does not end the program. */
  onStrayError(tell: (error: unknown) => void): void;
  /** Makes the engine fit for a program that answers for long. */
  prepareToServe(): Promise<void>;
}

type Env = Readonly<Record<string, string | undefined>>;

export function createProcessIO(process: NodeJS.Process): CliIO {
  // `airelays … | head` closes the pipe, and a log that stderr goes to may be on a full disk: no reason
  // for a stack trace, nor for a relay that serves to stop. Data that was lost is a failure, though.
  process.stderr.on("error", () => undefined);
  let stdoutIsGone = false;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    stdoutIsGone = true;
    if (error.code === "EPIPE") return;
    process.once("exit", () => {
      process.exitCode = 1;
    });
    process.stderr.write(`error: The output could not be written: ${error.message}\n`);
  });
  const stop = createStop(process);
  return {
    stdout: (text) => process.stdout.write(text),
    stderr: createTalk(process.stderr),
    stdoutColors: picocolors.createColors(wantsColor(process.env, process.stdout.isTTY)),
    stderrColors: picocolors.createColors(wantsColor(process.env, process.stderr.isTTY)),
    stdoutTerminal: terminalOf(process.stdout, process.env),
    stderrTerminal: terminalOf(process.stderr, process.env),
    stdoutIsGone: () => stdoutIsGone,
    pause: (ms) => pause(ms, stop()),
    progress: (text) => startProgress(process, text),
    async openBrowser(url) {
      const { default: open } = await import("open");
      await open(url);
    },
    async runProgram(launch) {
      const { runInForeground } = await import("./foreground.ts");
      return runInForeground(launch, process);
    },
    programs: async () => (await import("./programs.ts")).programs,
    // Input that is piped belongs to whoever started us, a script's loop perhaps. A getter: naming
    // `process.stdin` opens it.
    get typedLines() {
      const { stdin } = process;
      return stdin.isTTY ? (signal: AbortSignal) => readLines(stdin, signal) : undefined;
    },
    stopRequest: () =>
      new Promise((resolve) => {
        const signal = stop();
        if (signal.aborted) resolve();
        else signal.addEventListener("abort", () => resolve(), { once: true });
      }),
    stopSignal: stop,
    onStrayError(tell) {
      process.on("uncaughtException", tell);
      process.on("unhandledRejection", tell);
    },
    async prepareToServe() {
      // V8 counts which objects live long, and makes such ones among the old from then on. Of streams
      // that wait it learns the wrong thing: their batches then drag what hangs on them along, which
      // was a third of what an unpaced event cost, and 3 MB of garbage for each 16 MB.
      const { setFlagsFromString } = await import("node:v8");
      setFlagsFromString("--no-allocation-site-pretenuring");
    },
  };
}

/** Of what is said and not read; a relay tells a line for each request, perhaps into a pipe that stands still. */
const unreadLimit = 1024 * 1024;

function createTalk(stream: NodeJS.WriteStream): (text: string) => void {
  let dropped = 0;
  return (text) => {
    if (stream.writableLength > unreadLimit) {
      dropped += 1;
      return;
    }
    if (dropped > 0)
      stream.write(`note: Nobody read this output; ${dropped} messages are missing.\n`);
    dropped = 0;
    stream.write(text);
  };
}

export function wantsColor(env: Env, isTty: boolean | undefined): boolean {
  const isSet = (name: string): boolean => (env[name] ?? "") !== "";
  if (isSet("NO_COLOR") || env["CLICOLOR"] === "0" || env["TERM"] === "dumb") return false;
  return isTty === true;
}

function terminalOf(stream: NodeJS.WriteStream, env: Env): Terminal | undefined {
  if (!stream.isTTY) return undefined;
  return {
    get columns() {
      return stream.columns > 0 ? stream.columns : 80;
    },
    get canRedraw() {
      return stream.columns > 0 && env["TERM"] !== "dumb" && (env["CI"] ?? "") === "";
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", settle);
      resolve(!signal.aborted);
    };
    const timer = setTimeout(settle, ms);
    signal.addEventListener("abort", settle, { once: true });
  });
}

/** Listens from the first call on, so that a command that never asks dies of Ctrl-C as usual. */
function createStop(process: NodeJS.Process): () => AbortSignal {
  let controller: AbortController | undefined;
  return () => {
    if (controller !== undefined) return controller.signal;
    const started = new AbortController();
    controller = started;
    const request = (): void => {
      if (started.signal.aborted) process.exit(130);
      started.abort();
    };
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, request);
    return started.signal;
  };
}

async function* readLines(
  input: NodeJS.ReadStream,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  if (signal.aborted) return;
  const { createInterface } = await import("node:readline");
  // Not as a terminal: the system's own line editing, and Ctrl-C stays a signal.
  const lines = createInterface({ input, terminal: false });
  const stop = (): void => lines.close();
  signal.addEventListener("abort", stop, { once: true });
  try {
    yield* lines;
  } finally {
    signal.removeEventListener("abort", stop);
    lines.close();
    input.pause();
  }
}

async function startProgress(process: NodeJS.Process, text: string): Promise<Progress> {
  const { stderr, env } = process;
  // ora never returns on a terminal that reports no columns (dependencies.md 6), and some do.
  if (terminalOf(stderr, env)?.canRedraw !== true) {
    stderr.write(`${text}\n`);
    return { update: () => undefined, stop: () => undefined };
  }
  const { default: ora } = await import("ora");
  const spinner = ora({ text, stream: stderr, discardStdin: false }).start();
  return {
    update(next) {
      spinner.text = next;
    },
    stop() {
      spinner.stop();
    },
  };
}
