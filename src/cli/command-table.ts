/** Every command, in the order of the help; and the options that all of them have. */
import type { Options } from "yargs";
import type { CommandGroup, CommandSpec } from "./command-spec.ts";
import { clients } from "./specs/clients.ts";
import { insight } from "./specs/insight.ts";
import { lifecycle, lifecycleGroups } from "./specs/lifecycle.ts";
import { serving } from "./specs/serving.ts";
import { setup, setupGroups } from "./specs/setup.ts";
import { transits } from "./specs/transits.ts";

export const globalOptions: Readonly<Record<string, Options>> = {
  config: { type: "string", requiresArg: true, describe: "Path of the config file" },
  "data-dir": {
    type: "string",
    requiresArg: true,
    describe: "Folder of the login, token and logs",
  },
  "logs-dir": { type: "string", requiresArg: true, describe: "Folder of the transit log" },
  "auth-storage": {
    type: "string",
    requiresArg: true,
    describe: "Where the login is kept: auto, keyring or file",
  },
};

/** `airelays` alone. */
export const home: CommandSpec = {
  name: "",
  summary: "Show how things are, and the next step",
  options: {},
  examples: [],
  load: async () => (await import("./commands/home.ts")).home,
};

export const commands: readonly CommandSpec[] = [
  ...setup,
  ...serving,
  ...lifecycle,
  ...clients,
  ...insight,
  ...transits,
];

export const commandGroups: readonly CommandGroup[] = [...setupGroups, ...lifecycleGroups];
