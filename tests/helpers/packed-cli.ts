/**
 * The package as a user gets it: packed, installed from the tarball into an empty folder, and run as
 * a child process with an empty home folder and nothing of this process's environment. The folder's
 * name has spaces and letters that are not ASCII, as users' names have, and no script of any package
 * runs.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bareEnv, type Finished, follow, type RunningChild } from "./running-child.ts";

export interface PackedCli {
  /** The installed package. */
  readonly folder: string;
  /** The hash of the tarball. */
  readonly integrity: string;
  /** The paths in the tarball. */
  readonly files: readonly string[];
  readonly home: string;
  start(...argv: string[]): RunningChild;
  run(...argv: string[]): Promise<Finished>;
  /** Ends what still runs and removes every folder. */
  remove(): Promise<void>;
}

interface Packed {
  readonly filename: string;
  readonly integrity: string;
  readonly files: readonly { readonly path: string }[];
}

/** Builds and packs once more, keeps nothing, and gives the hash. */
export async function packAgain(): Promise<string> {
  const [again] = JSON.parse(await npm(["pack", "--json", "--dry-run"])) as Packed[];
  return again?.integrity ?? "";
}

export async function installPackedCli(env: Readonly<Record<string, string>>): Promise<PackedCli> {
  const root = await mkdtemp(join(tmpdir(), "airelays packed für 日本 "));
  const [project, home] = [join(root, "project"), join(root, "home")];
  await Promise.all([mkdir(project), mkdir(home)]);

  const packed = await npm(["pack", "--json", "--pack-destination", root]);
  const [tarball] = JSON.parse(packed) as Packed[];
  if (tarball === undefined) throw new Error(`npm pack made no tarball: ${packed}`);
  const options = ["--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  await npm(["install", ...options, "--prefix", project, join(root, tarball.filename)]);

  const bin = join(project, "node_modules", ".bin", "airelays");
  const childEnv = { ...bareEnv(home), ...env };
  const running = new Set<ChildProcess>();
  const start = (...argv: string[]): RunningChild => {
    const child = spawn(bin, argv, { cwd: home, env: childEnv, stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    child.once("close", () => running.delete(child));
    return follow(child);
  };
  return {
    folder: join(project, "node_modules", "airelays"),
    integrity: tarball.integrity,
    files: tarball.files.map(({ path }) => path),
    home,
    start,
    run: (...argv) => start(...argv).done,
    async remove() {
      for (const child of running) child.kill("SIGKILL");
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Runs npm with the settings and the cache of whoever runs the tests; gives what it printed. */
async function npm(argv: readonly string[]): Promise<string> {
  // Set by npm itself; without a shell its script runs on every system.
  const script = process.env["npm_execpath"];
  const [command, first] = script === undefined ? ["npm", []] : [process.execPath, [script]];
  const child = spawn(command, [...first, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  const { stdout, stderr, code } = await follow(child).done;
  if (code !== 0) throw new Error(`npm ${argv[0]} ended with ${code}:\n${stderr}`);
  return stdout;
}
