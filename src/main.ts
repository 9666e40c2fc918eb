#!/usr/bin/env node
/** The program: gathers what the process gives, runs the command line, and sets the exit code. */
import { randomBytes, randomUUID } from "node:crypto";
import { homedir } from "node:os";
import { createProcessIO } from "./cli/io.ts";
import { runCli } from "./cli/program.ts";
import type { Runtime } from "./runtime.ts";
import { version } from "./version.ts";

const runtime: Runtime = {
  env: process.env,
  platform: process.platform,
  homeDirectory: homedir(),
  clock: { now: () => Date.now() },
  // Node keeps a pool of UUIDs; sixteen random bytes by themselves cost six times as much.
  ids: { next: () => randomUUID().replaceAll("-", "") },
  randomBytes: (size) => randomBytes(size),
  userAgent: `airelays/${version} (${process.platform}; ${process.arch})`,
};

process.exitCode = await runCli(process.argv.slice(2), createProcessIO(process), runtime);
