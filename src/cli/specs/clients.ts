/** Commands that point other programs at the relay. */
import { type CommandSpec, json, relayHost, relayPort } from "../command-spec.ts";

export const clients: readonly CommandSpec[] = [
  {
    name: "connect",
    summary: "Show or write the settings of a tool that is to use the relay",
    positionals: {
      tool: {
        type: "string",
        demandOption: false,
        describe: "Its name in the list that `airelays connect` shows",
      },
    },
    options: {
      write: { type: "boolean", describe: "Write them into the tool's file, with a backup" },
      undo: { type: "boolean", describe: "Take out of the tool's file what --write put in" },
      test: { type: "boolean", describe: "Also ask a model for one word, in the tool's API" },
      model: { type: "string", requiresArg: true, describe: "The model that the settings name" },
      host: relayHost,
      port: relayPort,
      json,
    },
    examples: [
      ["airelays connect", "The tools, and which of them are on this machine"],
      ["airelays connect codex --write", "Point the Codex CLI at the relay"],
      ["airelays connect codex --undo", "And back"],
    ],
    load: async () => (await import("../commands/connect.ts")).connect,
  },
  {
    name: "run",
    summary: "Start a command with the variables by which clients find the relay",
    endsInCommand: true,
    options: { host: relayHost, port: relayPort },
    examples: [
      ["airelays run claude", "Claude Code, a script: whatever reads them"],
      ["airelays run -- node app.mjs --verbose", "What follows is the command's own"],
    ],
    load: async () => (await import("../commands/run.ts")).run,
  },
  {
    name: "env",
    summary: "Print the variables by which clients find the relay, for your shell",
    options: {
      shell: {
        type: "string",
        requiresArg: true,
        describe: "bash, zsh, fish, powershell or cmd; without it, the one in use",
      },
      host: relayHost,
      port: relayPort,
      json,
    },
    examples: [
      ['eval "$(airelays env)"', "bash and zsh"],
      ["airelays env | source", "fish"],
      ["airelays env | Out-String | Invoke-Expression", "PowerShell"],
    ],
    load: async () => (await import("../commands/env.ts")).env,
  },
];
