/** Commands that start and end relays. */
import {
  allowNetwork,
  type CommandSpec,
  host,
  plain,
  port,
  quiet,
  tokenFile,
} from "../command-spec.ts";

export const serving: readonly CommandSpec[] = [
  {
    name: "serve",
    summary: "Start the relay",
    options: {
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
      quiet,
      plain,
    },
    examples: [
      ["airelays serve --port 8317", "Listen on another port"],
      ["airelays serve --ollama", "Also where programs look for Ollama"],
    ],
    load: async () => (await import("../commands/serve.ts")).serve,
  },
  {
    name: "demo",
    summary: "Start the relay on a stand-in upstream: no account, no AI",
    options: { host, port, "allow-network": allowNetwork, quiet, plain },
    examples: [["airelays demo --port 8080", "An offline backend to test an app against"]],
    load: async () => (await import("../commands/demo.ts")).demo,
  },
];
