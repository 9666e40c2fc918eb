/** Commands that point other programs at the relay. */
import { type CommandSpec, json, relayHost, relayPort } from "../command-spec.ts";

export const clients: readonly CommandSpec[] = [
  {
    name: "run",
    summary: "Start a command with the variables by which clients find the relay",
    endsInCommand: true,
    options: { host: relayHost, port: relayPort },
    examples: [
      ["airelays run codex", "The Codex CLI, Claude Code, a script: whatever reads them"],
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
