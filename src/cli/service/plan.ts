/**
 * What installing the relay as a service of the system writes and runs, as data: it is shown before it
 * is done, and undone by its own second half. Knows no service manager.
 */
export type Manager = "systemd" | "launchd" | "task scheduler";

export interface ServicePlan {
  readonly manager: Manager;
  readonly file: ServiceFile;
  /** Run after the file is written, in this order. */
  readonly install: readonly ServiceCommand[];
  /** Run before the file is removed. Each may find nothing to do; `query` tells what came of it. */
  readonly uninstall: readonly ServiceCommand[];
  /** Run after that. */
  readonly afterwards: readonly ServiceCommand[];
  /** Ends 0 when the manager knows the service. */
  readonly query: readonly string[];
  /** Starts it again, the relay of before having ended or not. */
  readonly restart: readonly ServiceCommand[];
  /** What the person should know of services on this system. */
  readonly remarks: readonly string[];
}

export interface ServiceFile {
  readonly path: string;
  readonly text: string;
  /** The task scheduler reads its own encoding only. */
  readonly encoding: "utf8" | "utf16le";
}

export interface ServiceCommand {
  readonly argv: readonly string[];
  /** It clears the way, and fails where nothing is in it. */
  readonly mayFail?: boolean;
}

/** What all systems need to know. */
export interface ServiceOptions {
  /** Node, its options, the script, `serve` and its options. */
  readonly argv: readonly string[];
  readonly homeDirectory: string;
  readonly dataDir: string;
  /** Where the output goes, where the system does not keep it. */
  readonly logFile: string;
  readonly drainSeconds: number;
}

/** By which an uninstall knows that the file is ours. */
export const signature =
  "Written by airelays service install; airelays service uninstall removes it.";

/** How long the system lets it end: running answers, and what comes after them. */
export function endSeconds({ drainSeconds }: Pick<ServiceOptions, "drainSeconds">): number {
  return Math.ceil(drainSeconds) + 10;
}
