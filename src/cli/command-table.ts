/**
 * Every command with its options and examples, as data: the program, its help and the manual page
 * read it. The code of a command is imported when it runs.
 */
import type { Options } from "yargs";
import type { Run } from "./context.ts";

export interface CommandSpec {
  /** The words of the command: `token rotate`. */
  readonly name: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, Options>>;
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  load(): Promise<Run>;
}

const json: Options = { type: "boolean", describe: "Print JSON for scripts" };
const host: Options = { type: "string", requiresArg: true, describe: "Address to listen on" };
const port: Options = {
  type: "string",
  requiresArg: true,
  describe: "Port to listen on; 0 takes a free one",
};
const allowNetwork: Options = {
  type: "boolean",
  describe: "Allow an address that other machines can reach",
};

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

const tokenFile: Options = {
  type: "string",
  requiresArg: true,
  describe: "File that holds the relay token",
};

export const commands: readonly CommandSpec[] = [
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
    load: async () => (await import("./commands/init.ts")).init,
  },
  {
    name: "login",
    summary: "Sign in with your ChatGPT account",
    options: {
      device: { type: "boolean", describe: "Sign in with a code, on any device" },
      browser: { type: "boolean", describe: "Sign in with the browser of this machine" },
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
    load: async () => (await import("./commands/login.ts")).login,
  },
  {
    name: "logout",
    summary: "End the sign-in and delete it from this machine",
    options: { json },
    examples: [["airelays logout", "Sign out"]],
    load: async () => (await import("./commands/logout.ts")).logout,
  },
  {
    name: "status",
    summary: "Show configuration, relay token and sign-in",
    options: {
      check: { type: "boolean", describe: "Also call ChatGPT; the exit code tells the outcome" },
      json,
    },
    examples: [
      ["airelays status --json", "The same for scripts"],
      ["airelays status --check", "For cron: 0 when requests would work, 4 when not signed in"],
    ],
    load: async () => (await import("./commands/status.ts")).status,
  },
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
    },
    examples: [
      ["airelays serve --port 8317", "Listen on another port"],
      ["airelays serve --ollama", "Also where programs look for Ollama"],
    ],
    load: async () => (await import("./commands/serve.ts")).serve,
  },
  {
    name: "token show",
    summary: "Show the relay token that clients send",
    options: { "bearer-token-file": tokenFile, json },
    examples: [["airelays token show", "The token and the lines to export"]],
    load: async () => (await import("./commands/token.ts")).tokenShow,
  },
  {
    name: "token rotate",
    summary: "Replace the relay token; a running relay follows at once",
    options: { "bearer-token-file": tokenFile, json },
    examples: [["airelays token rotate", "Lock out every client that has the old one"]],
    load: async () => (await import("./commands/token.ts")).tokenRotate,
  },
  {
    name: "models",
    summary: "List the models of your plan",
    options: { json },
    examples: [["airelays models", "Names, context windows and reasoning efforts"]],
    load: async () => (await import("./commands/models.ts")).models,
  },
  {
    name: "doctor",
    summary: "Check every layer between a client and an answer, and say what to do",
    options: {
      live: {
        type: "boolean",
        describe: "Also ask a model for one word, which spends a little of the plan",
      },
      json,
    },
    examples: [
      ["airelays doctor", "What works, what does not, and the next step"],
      ["airelays doctor --live", "With one real answer, and how long it took"],
    ],
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    name: "demo",
    summary: "Start the relay on a stand-in upstream: no account, no AI",
    options: { host, port, "allow-network": allowNetwork },
    examples: [["airelays demo --port 8080", "An offline backend to test an app against"]],
    load: async () => (await import("./commands/demo.ts")).demo,
  },
];
