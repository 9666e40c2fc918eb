/** Commands of the first run: the config file, the relay token and the sign-in. */
import type { PositionalOptions } from "yargs";
import {
  browser,
  type CommandGroup,
  type CommandSpec,
  device,
  json,
  tokenFile,
} from "../command-spec.ts";

const settingKey: PositionalOptions = {
  type: "string",
  describe: "A setting, such as `server.port`",
};

export const setup: readonly CommandSpec[] = [
  {
    name: "init",
    summary: "Write the config file and create the relay token",
    options: {
      "no-auth": { type: "boolean", describe: "Open mode: no relay token is needed" },
      force: { type: "boolean", describe: "Write the config file again, with the current values" },
      "show-token": { type: "boolean", describe: "Show the token even when it existed before" },
      "bearer-token-file": tokenFile,
      json,
    },
    examples: [["airelays init", "First run: config file and token"]],
    load: async () => (await import("../commands/init.ts")).init,
  },
  {
    name: "login",
    summary: "Sign in with your ChatGPT account",
    options: {
      device,
      browser,
      "workspace-id": {
        type: "string",
        requiresArg: true,
        describe: "Accept only this ChatGPT workspace",
      },
      json: { type: "boolean", describe: "Print one JSON event a line for scripts" },
    },
    examples: [
      ["airelays login", "Browser, or a code where there is no display"],
      ["airelays login --device", "A code that you type on any device"],
    ],
    load: async () => (await import("../commands/login.ts")).login,
  },
  {
    name: "logout",
    summary: "End the sign-in and delete it from this machine",
    options: { json },
    examples: [["airelays logout", "Sign out"]],
    load: async () => (await import("../commands/logout.ts")).logout,
  },
  {
    name: "token show",
    summary: "Show the relay token that clients send",
    options: { "bearer-token-file": tokenFile, json },
    examples: [["airelays token show", "The token and the lines to export"]],
    load: async () => (await import("../commands/token.ts")).tokenShow,
  },
  {
    name: "token rotate",
    summary: "Replace the relay token; a running relay follows at once",
    options: { "bearer-token-file": tokenFile, json },
    examples: [["airelays token rotate", "Lock out every client that has the old one"]],
    load: async () => (await import("../commands/token.ts")).tokenRotate,
  },
  {
    name: "config get",
    summary: "Show a setting, or all of them, and where the value comes from",
    positionals: { key: { ...settingKey, demandOption: false } },
    options: { json },
    examples: [
      ["airelays config get server.port", "The value, and its origin"],
      ["airelays config get", "Every setting"],
    ],
    load: async () => (await import("../commands/config.ts")).configGet,
  },
  {
    name: "config set",
    summary: "Set one value in the config file; comments and everything else stay",
    positionals: {
      key: settingKey,
      value: { type: "string", describe: "The value; lists and tables as in CONFIGURATION.md" },
    },
    options: { json },
    examples: [
      ["airelays config set server.port 8181", "Checked before it is written"],
      ["airelays config set models.aliases gpt-4o=gpt-5.5", "A table, with a comma between pairs"],
    ],
    load: async () => (await import("../commands/config.ts")).configSet,
  },
  {
    name: "config path",
    summary: "Show which config file is read",
    options: { json },
    examples: [["airelays config path", "For an editor: $EDITOR $(airelays config path)"]],
    load: async () => (await import("../commands/config.ts")).configPath,
  },
  {
    name: "config check",
    summary: "Tell everything that is wrong with the configuration",
    options: { json },
    examples: [["airelays config check", "Exit code 0 when nothing is"]],
    load: async () => (await import("../commands/config.ts")).configCheck,
  },
  {
    name: "completion",
    summary: "Print a script that completes commands, options and values in your shell",
    positionals: {
      shell: {
        type: "string",
        choices: ["bash", "zsh", "fish", "powershell"],
        describe: "The shell",
      },
    },
    options: {},
    examples: [
      ["airelays completion bash", "For ~/.bashrc: source <(airelays completion bash)"],
      ["airelays completion fish", "For config.fish: airelays completion fish | source"],
    ],
    load: async () => (await import("../commands/completion.ts")).completion,
  },
];

export const setupGroups: readonly CommandGroup[] = [
  { name: "token", summary: "The relay token" },
  { name: "config", summary: "The settings" },
];
