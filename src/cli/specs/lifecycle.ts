/** Commands that look after a relay that runs: in the background, or as a service. */
import { type CommandSpec, json } from "../command-spec.ts";

const whichPort = {
  type: "string",
  requiresArg: true,
  describe: "The relay at this port, where several run",
} as const;

export const lifecycle: readonly CommandSpec[] = [
  {
    name: "stop",
    summary: "Stop the relay, wherever it runs, after the answers that run",
    options: { port: whichPort, json },
    examples: [
      ["airelays stop", "The relay of this data folder"],
      ["airelays stop --port 8317", "One of several"],
    ],
    load: async () => (await import("../commands/stop.ts")).stop,
  },
  {
    name: "restart",
    summary: "Stop the relay and start it again with the options that it had",
    options: { port: whichPort },
    examples: [["airelays restart", "After a change of the config file, or an update"]],
    load: async () => (await import("../commands/restart.ts")).restart,
  },
];
