/**
 * The processes of a run: builds the benchmark's own programs, starts them and the packed relay, asks
 * them what they used, and ends them, each by its own handle, whatever ends the run.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import type { RelayHome } from "./relay-home.ts";

/** What a process has used since its start. Memory in bytes. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly peakRss: number;
}

export interface Program {
  readonly url: string;
  usage(options?: { readonly collectGarbage: boolean }): Promise<Usage>;
  stop(): Promise<void>;
}

/** What `upstream.ts` says when it listens. */
export interface UpstreamReady {
  readonly url: string;
  readonly standIn: string;
  readonly standInLogin: { readonly token: string; readonly accountId: string };
}

export interface Programs {
  startUpstream(): Promise<UpstreamReady>;
  startPipe(upstreamUrl: string): Promise<Program>;
  /** `startMs` is from the start of the process to its first healthy answer. */
  startRelay(
    home: RelayHome,
    options?: { readonly isProbed?: boolean; readonly nodeOptions?: readonly string[] },
  ): Promise<Program & { readonly startMs: number }>;
  /** Ends everything that still runs. */
  stopAll(): void;
}

/** The relay as it is packed. */
export const relayEntry = fileURLToPath(new URL("../dist/main.js", import.meta.url));
// Inside node_modules, so that what they import is found.
const builtFolder = new URL("../node_modules/.cache/airelays-bench/", import.meta.url);
const built = (name: string): string => fileURLToPath(new URL(`${name}.js`, builtFolder));
const probe = `--import=${new URL("probe.js", builtFolder)}`;

/** Bundles the programs first: a loader in their processes would count as theirs. */
export async function createPrograms(): Promise<Programs> {
  await build({
    entry: [
      import.meta.resolve("./upstream.ts"),
      import.meta.resolve("./pipe.ts"),
      import.meta.resolve("./probe.ts"),
    ].map((url) => fileURLToPath(url)),
    outDir: fileURLToPath(builtFolder),
    config: false,
    format: "esm",
    target: "node20",
    silent: true,
  });
  const running = new Set<ChildProcess>();

  const start = (args: readonly string[], env: NodeJS.ProcessEnv): Started => {
    const child = spawn(process.execPath, args, {
      env,
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    running.add(child);
    let said = "";
    child.stderr?.on("data", (text) => {
      said = (said + String(text)).slice(-2000);
    });
    const ended = once(child, "exit").then(([code, signal]) => {
      running.delete(child);
      throw new Error(`\`node ${args.join(" ")}\` ended with ${code ?? signal}.\n${said}`);
    });
    // Told to whoever waits for an answer; an end that was asked for is told to nobody.
    ended.catch(() => undefined);
    return { child, ended };
  };

  return {
    async startUpstream() {
      const { ready } = await nextMessage<{ ready: UpstreamReady }>(
        start([built("upstream")], process.env),
      );
      return ready;
    },
    async startPipe(upstreamUrl) {
      const started = start([probe, built("pipe"), upstreamUrl], process.env);
      const { ready } = await nextMessage<{ ready: { url: string } }>(started);
      return toProgram(started, ready.url);
    },
    async startRelay(home, { isProbed = true, nodeOptions = [] } = {}) {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const began = performance.now();
      const started = start(
        [...(isProbed ? [probe] : []), ...nodeOptions, relayEntry, "serve", "--port", String(port)],
        home.env,
      );
      await Promise.race([untilHealthy(`${url}/healthz`), started.ended]);
      return { ...toProgram(started, url), startMs: performance.now() - began };
    },
    stopAll() {
      for (const child of running) child.kill("SIGKILL");
    },
  };
}

interface Started {
  readonly child: ChildProcess;
  /** Rejects when the process ends. */
  readonly ended: Promise<never>;
}

function toProgram(started: Started, url: string): Program {
  const { child, ended } = started;
  return {
    url,
    async usage(options) {
      child.send(options?.collectGarbage ? "collect" : "usage");
      return (await nextMessage<{ usage: Usage }>(started)).usage;
    },
    async stop() {
      child.kill("SIGTERM");
      await ended.catch(() => undefined);
    },
  };
}

async function nextMessage<Message>({ child, ended }: Started): Promise<Message> {
  const message = new Promise<Message>((resolve) => {
    child.once("message", (value) => resolve(value as Message));
  });
  return Promise.race([message, ended]);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  server.close();
  if (typeof address !== "object" || address === null) throw new Error("There is no free port.");
  return address.port;
}

async function untilHealthy(url: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await isHealthy(url))) {
    if (performance.now() > deadline) throw new Error(`${url} did not answer in 20 s.`);
    await delay(2);
  }
}

function isHealthy(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    }).on("error", () => resolve(false));
  });
}
