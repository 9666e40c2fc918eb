/**
 * The program from its source in a process of its own, for what is decided when Node starts:
 * `NODE_EXTRA_CA_CERTS`. Nothing of this process's environment reaches it.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { bareEnv, type Finished, follow } from "./running-child.ts";

const root = join(import.meta.dirname, "..", "..");

export function runSource(
  argv: readonly string[],
  home: string,
  env: Readonly<Record<string, string>>,
): Promise<Finished> {
  const args = ["--import", "tsx", join(root, "src", "main.ts"), ...argv];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...bareEnv(home), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return follow(child).done;
}
