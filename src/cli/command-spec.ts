/**
 * What a command is called, takes and shows in its help, as data: the program, the help and the manual
 * page read it. The code of a command is imported when it runs.
 */
import type { Options, PositionalOptions } from "yargs";
import type { Run } from "./context.ts";

export interface CommandSpec {
  /** The words of the command: `token rotate`. */
  readonly name: string;
  readonly summary: string;
  /** What follows the words, in its order; one is asked for unless it has `demandOption: false`. */
  readonly positionals?: Readonly<Record<string, PositionalOptions>>;
  /**
   * The words from the first one that is no option on are another program's command line, its options
   * included, and are handed over as they are, as the list `command`.
   */
  readonly endsInCommand?: boolean;
  readonly options: Readonly<Record<string, Options>>;
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  load(): Promise<Run>;
}

/** How it is typed: `connect [tool]`. */
export function synopsisOf({ name, positionals = {}, endsInCommand }: CommandSpec): string {
  const places = Object.entries(positionals).map(([place, { demandOption = true }]) =>
    demandOption ? `<${place}>` : `[${place}]`,
  );
  return [name, ...places, ...(endsInCommand === true ? ["[command..]"] : [])].join(" ");
}

/** Several commands that begin with the same word: `token show`, `token rotate`. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
}

export const json: Options = { type: "boolean", describe: "Print JSON for scripts" };

export const host: Options = {
  type: "string",
  requiresArg: true,
  describe: "Address to listen on",
};

export const port: Options = {
  type: "string",
  requiresArg: true,
  describe: "Port to listen on; 0 takes a free one",
};

/** The two of a command that talks to a relay, and does not start one. */
export const relayHost: Options = {
  type: "string",
  requiresArg: true,
  describe: "Address of the relay; without it, of the one that runs",
};

export const relayPort: Options = {
  type: "string",
  requiresArg: true,
  describe: "Port of the relay; without it, of the one that runs",
};

export const allowNetwork: Options = {
  type: "boolean",
  describe: "Allow an address that other machines can reach",
};

export const tokenFile: Options = {
  type: "string",
  requiresArg: true,
  describe: "File that holds the relay token",
};

export const device: Options = {
  type: "boolean",
  describe: "Sign in with a code, on any device",
};

export const browser: Options = {
  type: "boolean",
  describe: "Sign in with the browser of this machine",
};

/** What `serve` takes, and what starts one takes too. */
export const serveOptions: Readonly<Record<string, Options>> = {
  host,
  port,
  "allow-network": allowNetwork,
  "no-auth": { type: "boolean", describe: "Open mode: no relay token is needed" },
  "bearer-token-file": tokenFile,
  ollama: {
    type: "string",
    describe: "Also answer as Ollama, on 127.0.0.1:11434 or this address",
  },
  "ollama-open": {
    type: "boolean",
    describe: "No relay token is needed on the port of --ollama",
  },
  detach: {
    type: "boolean",
    describe: "Serve in the background, also when the terminal is closed",
  },
  // Said by this program to itself: who looks after the relay.
  "started-by": { type: "string", hidden: true, choices: ["background", "service"] },
};
