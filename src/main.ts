#!/usr/bin/env node
/** The program: gathers what the process gives, runs the command line, and sets the exit code. */
import { randomBytes } from "node:crypto";
import { homedir, hostname } from "node:os";
import { createIds } from "./ids.ts";
import { createLiveSecrets } from "./live-secrets.ts";
import type { Runtime } from "./runtime.ts";
import { version } from "./version.ts";

const runtime: Runtime = {
  env: process.env,
  platform: process.platform,
  homeDirectory: homedir(),
  workingDirectory: workingDirectory(),
  secrets: createLiveSecrets(),
  clock: { now: () => Date.now() },
  ids: createIds(randomBytes),
  processId: process.pid,
  hostName: hostname(),
  program: {
    node: process.execPath,
    nodeOptions: process.execArgv,
    script: process.argv[1] ?? "",
    folder: () => process.cwd(),
  },
  userId: process.getuid?.(),
  randomBytes: (size) => randomBytes(size),
  userAgent: `airelays/${version} (${process.platform}; ${process.arch})`,
};

/** Undefined when the folder was deleted under the shell: only relative paths need it. */
function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

const argv = process.argv.slice(2);
if (argv.length === 1 && argv[0] === "--version") {
  // Asked by scripts and package managers, often: without the 50 ms that yargs takes to load.
  process.stdout.write(`${version}\n`);
} else {
  const [{ createProcessIO }, { runCli }] = await Promise.all([
    import("./cli/io.ts"),
    import("./cli/program.ts"),
  ]);
  process.exitCode = await runCli(argv, createProcessIO(process), runtime);
}
