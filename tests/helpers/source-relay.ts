/** `serve` from its source in a process of its own, with a home of its own and nobody signed in. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bareEnv } from "./running-child.ts";
import { createTextWatch } from "./text-watch.ts";

const root = join(import.meta.dirname, "..", "..");

export interface SourceRelay {
  /** Without `/v1`. */
  readonly url: string;
  readonly token: string;
  readonly child: ChildProcess;
  /** Resolves when what it printed matches. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** The code that it ended with. */
  readonly ended: Promise<number | null>;
  remove(): Promise<void>;
}

export async function startSourceRelay(
  settings: Readonly<Record<string, string>>,
): Promise<SourceRelay> {
  const home = await mkdtemp(join(tmpdir(), "airelays-source-"));
  const token = "a-relay-token-of-a-relay-in-a-test";
  const env = { ...bareEnv(home), AIRELAYS_BEARER_TOKEN: token, ...settings };
  const args = ["--import", "tsx", join(root, "src", "main.ts"), "serve", "--port", "0"];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const watch = createTextWatch();
  child.stderr?.setEncoding("utf8").on("data", (text) => watch.add(text));
  void ended.then(() => watch.end());
  const [, url = ""] = await watch.until(/Base URL: +(\S+)\/v1\n[\s\S]*Ctrl-C stops/);
  return {
    url,
    token,
    child,
    until: watch.until,
    ended,
    async remove() {
      child.kill("SIGKILL");
      await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}
