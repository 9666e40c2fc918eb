/**
 * Other processes, as commands meet them: started for good, run to their end, or looked for. Knows
 * nothing of relays and services. No shell is in between: arguments arrive as they are.
 */
import { spawn } from "node:child_process";
import { open } from "node:fs/promises";

export interface Programs {
  /** Starts one that outlives this process and its terminal; what it prints is added to the file. */
  startDetached(argv: readonly string[], options: DetachedOptions): Promise<DetachedProgram>;
  /** Runs one to its end. Rejects when there is no such program. */
  run(argv: readonly string[]): Promise<ProgramResult>;
  /** Is there a process of this number on this machine? Not whether it is the one that was meant. */
  isAlive(processId: number): boolean;
}

export interface DetachedOptions {
  readonly folder: string;
  readonly outputFile: string;
}

export interface DetachedProgram {
  readonly processId: number;
  /** Its exit code; null when it was killed. */
  readonly ended: Promise<number | null>;
  /** Ends it at once. */
  kill(): void;
}

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a service manager has to say fits in many times over. */
const outputLimit = 256 * 1024;

export const programs: Programs = {
  async startDetached([command = "", ...args], { folder, outputFile }) {
    // Appending: whoever cuts the file while the program runs leaves no hole at its start.
    const output = await open(outputFile, "a", 0o600);
    try {
      const child = spawn(command, args, {
        cwd: folder,
        detached: true,
        windowsHide: true,
        stdio: ["ignore", output.fd, output.fd],
      });
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
      await new Promise<void>((resolve, reject) => {
        child.once("spawn", resolve);
        child.once("error", reject);
      });
      // It is not waited for when this process ends.
      child.unref();
      return { processId: child.pid ?? 0, ended, kill: () => void child.kill("SIGKILL") };
    } finally {
      await output.close();
    }
  },

  run: ([command = "", ...args]) =>
    new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        stdio: ["ignore", "pipe", "pipe"],
        windowsHide: true,
      });
      const output = { stdout: "", stderr: "" };
      for (const name of ["stdout", "stderr"] as const) {
        child[name].setEncoding("utf8").on("data", (text: string) => {
          output[name] = (output[name] + text).slice(0, outputLimit);
        });
      }
      child.once("error", reject);
      child.once("close", (code) => resolve({ ...output, code }));
    }),

  isAlive(processId) {
    try {
      // Signal 0 asks and does nothing.
      return process.kill(processId, 0);
    } catch (error) {
      // Somebody else's process is there all the same.
      return (error as NodeJS.ErrnoException).code === "EPERM";
    }
  },
};
