/**
 * The program built from the sources into a folder of its own, and run as a child process with a given
 * home folder and nothing of this process's environment. Quicker to have than the packed one, and it
 * leaves `dist` alone, which other tests may be building.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { build } from "tsup";
import { bareEnv, follow, type RunningChild } from "./running-child.ts";

export interface BuiltCli {
  /** Holds `main.js`. A package put below its `node_modules` is found before the installed one. */
  readonly folder: string;
  start(argv: readonly string[], options: StartOptions): RunningChild;
  /** Ends what still runs and removes the folder. */
  remove(): Promise<void>;
}

export interface StartOptions {
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What to run instead of `main.js`, and options of Node before it. */
  readonly node?: readonly string[];
}

const root = join(import.meta.dirname, "..", "..");

/** `entries` are built beside the program, under their own names. */
export async function buildCli(entries: Readonly<Record<string, string>> = {}): Promise<BuiltCli> {
  // Inside the repository, so that the packages are found from there.
  const parent = join(root, "node_modules", ".cache");
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "airelays-built-"));
  await build({
    config: false,
    entry: { main: join(root, "src", "main.ts"), ...entries },
    outDir: folder,
    format: "esm",
    target: "node20",
    platform: "node",
    // The TOML package is bundled with care for what it requires, by the configuration of tsup.
    external: ["keytar", "@iarna/toml"],
    splitting: true,
    silent: true,
  });
  const running = new Set<ChildProcess>();
  return {
    folder,
    start(argv, { home, env = {}, node = [join(folder, "main.js")] }) {
      const child = spawn(process.execPath, [...node, ...argv], {
        cwd: home,
        env: { ...bareEnv(home), ...env },
        stdio: ["ignore", "pipe", "pipe"],
      });
      running.add(child);
      child.once("close", () => running.delete(child));
      return follow(child);
    },
    async remove() {
      for (const child of running) child.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}
