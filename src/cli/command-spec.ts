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
