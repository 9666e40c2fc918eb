/**
 * The program from its source in a process of its own, for what is decided when Node starts:
 * `NODE_EXTRA_CA_CERTS`. Nothing of this process's environment reaches it.
 */
import { execFile } from "node:child_process";
import { delimiter, dirname, join } from "node:path";

const root = join(import.meta.dirname, "..", "..");

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

export function runSource(
  argv: readonly string[],
  home: string,
  env: Readonly<Record<string, string>>,
): Promise<Finished> {
  const childEnv = {
    AIRELAYS_AUTH_STORAGE: "file",
    ...env,
    HOME: home,
    USERPROFILE: home,
    PATH: [dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter),
  };
  const args = ["--import", "tsx", join(root, "src", "main.ts"), ...argv];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, env: childEnv }, (error, stdout, stderr) => {
      resolve({ stdout, stderr, code: typeof error?.code === "number" ? error.code : 0 });
    });
  });
}
