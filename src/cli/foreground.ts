/** Starts a program in the foreground of this terminal, passes signals on, and tells how it ended. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { isatty } from "node:tty";
import { RelayError, reasonOf } from "../errors.ts";
import type { Launch } from "./launch.ts";

/** The exit code of the program: 128 and the signal's number when one ended it. */
export function runInForeground(
  { file, args, env, isVerbatim = false }: Launch,
  process: NodeJS.Process,
): Promise<number> {
  const child = spawn(file, [...args], {
    stdio: "inherit",
    env,
    windowsVerbatimArguments: isVerbatim,
    shell: false,
  });
  const { platform } = process;
  // Not `process.stdin.isTTY`: naming it opens the terminal that is now the other program's.
  const hasTerminal = [0, 1, 2].some((fd) => isatty(fd));
  const pass = (signal: NodeJS.Signals): void => {
    // Ctrl-C and Ctrl-\ reach every program of the terminal by themselves, on Windows always. Twice
    // would be "at once" to many of them.
    const isTyped = signal === "SIGINT" || signal === "SIGQUIT" || signal === "SIGBREAK";
    if (isTyped && (hasTerminal || platform === "win32")) return;
    child.kill(signal);
  };
  const signals: NodeJS.Signals[] = [
    ...(["SIGINT", "SIGTERM", "SIGHUP"] as const),
    ...(platform === "win32" ? (["SIGBREAK"] as const) : (["SIGQUIT", "SIGUSR2"] as const)),
  ];
  for (const signal of signals) process.on(signal, pass);
  return new Promise<number>((resolve, reject) => {
    child.once("error", (error) => reject(notStarted(file, error)));
    child.once("exit", (code, signal) => {
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
    });
  }).finally(() => {
    for (const signal of signals) process.off(signal, pass);
  });
}

function notStarted(file: string, error: NodeJS.ErrnoException): RelayError {
  // A script whose interpreter is not there says that it is not there itself.
  const reason =
    error.code === "ENOENT"
      ? "it, or the program that it is written for, is missing"
      : reasonOf(error);
  return new RelayError("command_not_started", `\`${file}\` could not be started: ${reason}.`, {
    cause: error,
  });
}
