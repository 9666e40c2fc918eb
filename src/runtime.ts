/** What the process gives to the program: everything that `main.ts` reads from its surroundings. */
import type { Machine } from "./config/paths.ts";
import type { LiveSecrets } from "./live-secrets.ts";
import type { Clock, Ids } from "./scope.ts";

/** How this program was started, so that it can be started again. */
export interface Program {
  /** The path of Node.js. */
  readonly node: string;
  /** What Node.js itself was given: `--import tsx`. */
  readonly nodeOptions: readonly string[];
  readonly script: string;
  /** Where relative paths of the command line begin. */
  folder(): string;
}

export interface Runtime extends Machine {
  /** What this process must not print, as far as it knows it. */
  readonly secrets: LiveSecrets;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The number of this process, by which the system and other commands know it. */
  readonly processId: number;
  /** The name of this machine: process numbers of another one say nothing here. */
  readonly hostName: string;
  readonly program: Program;
  /** The number of the user who runs the program; undefined where the system has none. */
  readonly userId: number | undefined;
  readonly randomBytes: (size: number) => Uint8Array;
  /** `airelays/1.2.3 (linux; x64)`: how the program names itself to every server. */
  readonly userAgent: string;
}
