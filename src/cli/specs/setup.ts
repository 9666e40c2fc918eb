/** Commands of the first run: the config file, the relay token and the sign-in. */
import {
  browser,
  type CommandGroup,
  type CommandSpec,
  device,
  json,
  tokenFile,
} from "../command-spec.ts";

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
];

export const setupGroups: readonly CommandGroup[] = [{ name: "token", summary: "The relay token" }];
