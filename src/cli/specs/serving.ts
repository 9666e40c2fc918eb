/** Commands that start and end relays. */
import {
  allowNetwork,
  browser,
  type CommandSpec,
  device,
  host,
  port,
  serveOptions,
} from "../command-spec.ts";

export const serving: readonly CommandSpec[] = [
  {
    name: "start",
    summary: "Set up and sign in where that is still to do, then serve",
    options: { ...serveOptions, device, browser },
    examples: [
      ["airelays start", "From nothing to serving"],
      ["airelays start --detach", "The same, in the background"],
    ],
    load: async () => (await import("../commands/start.ts")).start,
  },
  {
    name: "serve",
    summary: "Start the relay",
    options: serveOptions,
    examples: [
      ["airelays serve --port 8317", "Listen on another port"],
      ["airelays serve --ollama", "Also where programs look for Ollama"],
      ["airelays serve --detach", "In the background; airelays stop ends it"],
    ],
    load: async () => (await import("../commands/serve.ts")).serve,
  },
  {
    name: "demo",
    summary: "Start the relay on a stand-in upstream: no account, no AI",
    options: { host, port, "allow-network": allowNetwork },
    examples: [["airelays demo --port 8080", "An offline backend to test an app against"]],
    load: async () => (await import("../commands/demo.ts")).demo,
  },
];
