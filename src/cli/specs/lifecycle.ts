/** Commands that look after a relay that runs: in the background, or as a service. */
import { type CommandGroup, type CommandSpec, json } from "../command-spec.ts";

const whichPort = {
  type: "string",
  requiresArg: true,
  describe: "The relay at this port, where several run",
} as const;

const print = { type: "boolean", describe: "Only show what would be written and run" } as const;
const yes = { type: "boolean", describe: "Do it without asking" } as const;

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
  {
    name: "service install",
    summary:
      "Start the relay by itself when you log in: systemd, launchd, or the Windows task scheduler",
    options: { print, yes },
    examples: [
      ["airelays service install --print", "Look first: what it would write and run"],
      ["airelays service install", "Show the same, ask, and do it"],
    ],
    load: async () => (await import("../commands/service.ts")).serviceInstall,
  },
  {
    name: "service uninstall",
    summary: "Undo what service install did",
    options: { print, yes },
    examples: [["airelays service uninstall", "Stop the service and remove its file"]],
    load: async () => (await import("../commands/service.ts")).serviceUninstall,
  },
  {
    name: "service status",
    summary: "Show whether the service is installed, up to date and running",
    options: { json },
    examples: [["airelays service status --json", "The same for scripts"]],
    load: async () => (await import("../commands/service.ts")).serviceStatus,
  },
];

export const lifecycleGroups: readonly CommandGroup[] = [
  { name: "service", summary: "The relay as a service of this system" },
];
