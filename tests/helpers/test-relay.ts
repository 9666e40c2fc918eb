/**
 * A whole relay on a stand-in upstream, in this process and on free ports: signed in by the real
 * device flow, its files in a folder of its own.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDeviceLogin } from "../../src/auth/device-login.ts";
import { type LoadedConfig, loadConfig } from "../../src/config/load.ts";
import { createLiveSecrets } from "../../src/live-secrets.ts";
import { createRelay, type Relay } from "../../src/relay.ts";
import { relayTokens } from "../../src/relay-token.ts";
import type { Runtime } from "../../src/runtime.ts";
import { listen } from "../../src/server/listen.ts";
import { listenAsOllama } from "../../src/server/listen-as-ollama.ts";
import type { Patience } from "../../src/server/patience.ts";
import type { SocketBounds } from "../../src/server/websocket/bounds.ts";
import type { Zstd } from "../../src/server/zstd.ts";
import { createSignIn } from "../../src/sign-in.ts";
import { type Simulator, startSimulator } from "../../src/simulator/server.ts";

export const realClock = { now: () => Date.now() };

export function testRuntime(home: string): Runtime {
  return {
    env: {},
    platform: process.platform,
    homeDirectory: home,
    secrets: createLiveSecrets(),
    clock: realClock,
    ids: { next: () => randomBytes(16).toString("hex") },
    processId: process.pid,
    hostName: "here",
    program: {
      node: process.execPath,
      nodeOptions: [],
      script: join(home, "main.js"),
      folder: () => home,
    },
    userId: process.getuid?.(),
    randomBytes: (size) => randomBytes(size),
    userAgent: "airelays/test",
  };
}

export type LogRecord = Record<string, unknown> & { phase: string; request_id: string | null };

export interface TestRelay {
  /** Without `/v1`. */
  readonly url: string;
  readonly baseURL: string;
  /** Where it answers as Ollama; empty unless `AIRELAYS_OLLAMA_LISTEN` says so. */
  readonly ollamaUrl: string;
  readonly token: string;
  readonly simulator: Simulator;
  readonly loaded: LoadedConfig;
  readonly notices: readonly string[];
  /** The requests that have not ended. */
  readonly running: Relay["running"];
  readonly routes: Relay["routes"];
  /** A JSON call with the relay token. */
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>;
  get(path: string, init?: RequestInit): Promise<Response>;
  /** What the stand-in received at `/codex/responses`, oldest first. */
  upstreamBodies(): Promise<Record<string, unknown>[]>;
  /** Stops the relay and reads its transit log. */
  closeAndReadLog(drainMs?: number): Promise<LogRecord[]>;
  /** Running answers are cut after `drainMs`; at once when not said. */
  close(drainMs?: number): Promise<void>;
}

export interface TestRelayOptions {
  readonly signedIn?: boolean;
  /** Environment names and values, as a person would set them. */
  readonly env?: Readonly<Record<string, string>>;
  readonly socketBounds?: Partial<SocketBounds>;
  readonly zstd?: Zstd;
  readonly patience?: Partial<Patience>;
}

export async function startTestRelay(options: TestRelayOptions = {}): Promise<TestRelay> {
  const home = await mkdtemp(join(tmpdir(), "airelays-test-"));
  const simulator = await startSimulator({ clock: realClock });
  const runtime = testRuntime(home);
  const loaded = await loadConfig({
    ...runtime,
    env: {
      AIRELAYS_UPSTREAM_BASE_URL: simulator.upstreamBaseUrl,
      AIRELAYS_ISSUER_BASE_URL: simulator.issuerBaseUrl,
      AIRELAYS_AUTH_STORAGE: "file",
      AIRELAYS_PORT: "0",
      AIRELAYS_RETRY_ATTEMPTS: "0",
      ...options.env,
    },
  });
  if (options.signedIn !== false) await signIn(loaded, runtime, simulator);
  const token = (await relayTokens(loaded, runtime).ensure()).token ?? "";
  const notices: string[] = [];
  const { zstd, socketBounds } = options;
  const relay = await createRelay({
    loaded,
    runtime,
    onNotice: (text) => notices.push(text),
    ...(socketBounds && { socketBounds }),
    ...(zstd && { zstd }),
  });
  const { patience = {} } = options;
  const address = { ...loaded.config.server, patience };
  const listening = await listen(relay.handler, address, relay.life);
  const ollama = relay.ollama && (await listenAsOllama(relay.ollama));
  const authorization = `Bearer ${token}`;

  let stopped = false;
  const stop = async (drainMs: number): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await Promise.all([listening.close(drainMs), ollama?.close(drainMs)]);
    await relay.close();
    await simulator.close();
  };
  return {
    url: listening.url,
    baseURL: `${listening.url}/v1`,
    ollamaUrl: ollama?.url ?? "",
    token,
    simulator,
    loaded,
    notices,
    running: relay.running,
    routes: relay.routes,
    post: (path, body, init = {}) =>
      fetch(`${listening.url}${path}`, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
        ...init,
        headers: { authorization, "content-type": "application/json", ...init.headers },
      }),
    get: (path, init = {}) =>
      fetch(`${listening.url}${path}`, { ...init, headers: { authorization, ...init.headers } }),
    async upstreamBodies() {
      const requests = await (await fetch(`${simulator.url}/simulator/requests`)).json();
      return (requests as { path: string; body: Record<string, unknown> }[])
        .filter(({ path }) => path.endsWith("/codex/responses"))
        .map(({ body }) => body);
    },
    async closeAndReadLog(drainMs = 0) {
      await stop(drainMs);
      const records = await readLog(loaded.config.paths.logsDir);
      await rm(home, { recursive: true, force: true });
      return records;
    },
    async close(drainMs = 0) {
      await stop(drainMs);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** The device flow, with the consent given at the stand-in. */
async function signIn(
  { config }: LoadedConfig,
  runtime: Runtime,
  simulator: Simulator,
): Promise<void> {
  const { server, session } = createSignIn(config, runtime, () => undefined);
  const { oauth, http } = await server();
  const method = createDeviceLogin({
    oauth,
    http,
    clock: runtime.clock,
    sleep: async () => {
      await approved;
    },
    onPrompt({ userCode }) {
      approve(userCode);
    },
  });
  let resolveApproved: () => void = () => undefined;
  const approved = new Promise<void>((resolve) => {
    resolveApproved = resolve;
  });
  const approve = (userCode: string): void => {
    void approveDevice(simulator.issuerBaseUrl, userCode).then(resolveApproved);
  };
  await session.replace(await method.signIn(new AbortController().signal));
}

/** Gives consent to a device code, as the person would on the page. */
export async function approveDevice(issuerBaseUrl: string, userCode: string): Promise<void> {
  const answer = await fetch(`${issuerBaseUrl}/codex/device`, {
    method: "POST",
    body: new URLSearchParams({ user_code: userCode }),
  });
  if (!answer.ok) throw new Error(`The stand-in refused the code: ${answer.status}`);
}

async function readLog(directory: string): Promise<LogRecord[]> {
  const names = await readdir(directory, { recursive: true });
  const files = names.filter((name) => name.endsWith(".log")).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(directory, name), "utf8")));
  return texts
    .join("")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as LogRecord);
}
