/** A child process whose output a test reads while it runs. */
import type { ChildProcess } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { createTextWatch } from "./text-watch.ts";

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

export interface RunningChild {
  /** Resolves when all output so far matches; rejects when the program ends or takes too long. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** Ctrl-C. */
  interrupt(): void;
  readonly done: Promise<Finished>;
  readonly pid: number | undefined;
}

const waitMs = 20_000;

/** What a child is given of this process's environment: nothing, but the way to Node. */
export function bareEnv(home: string): Record<string, string> {
  return {
    HOME: home,
    USERPROFILE: home,
    PATH: [dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter),
    // Never the keyring of whoever runs the tests.
    AIRELAYS_AUTH_STORAGE: "file",
  };
}

/** Collects what the child prints. */
export function follow(child: ChildProcess): RunningChild {
  const output = { stdout: "", stderr: "" };
  const watch = createTextWatch();
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
      watch.add(text);
    });
  }
  const done = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      watch.end();
      resolve({ ...output, code });
    });
  });
  return {
    until: (pattern) => within(watch.until(pattern), pattern, output),
    interrupt: () => child.kill("SIGINT"),
    done,
    pid: child.pid,
  };
}

/** A child that hangs must not hang the tests. */
async function within<T>(
  work: Promise<T>,
  pattern: RegExp,
  output: { readonly stdout: string; readonly stderr: string },
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const printed = `${output.stdout}\n${output.stderr}`;
      reject(new Error(`No ${pattern} within ${waitMs} ms. It printed:\n${printed}`));
    }, waitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
