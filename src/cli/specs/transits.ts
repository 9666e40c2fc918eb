/** Commands that read the transit log. */
import { type CommandSpec, json, tokenFile } from "../command-spec.ts";

const text = (describe: string) => ({ type: "string", requiresArg: true, describe }) as const;

const requestId = {
  "request-id": {
    type: "string",
    describe: "The id of a request, or at least six letters of it: `airelays logs` shows them",
  },
} as const;

export const transits: readonly CommandSpec[] = [
  {
    name: "logs",
    summary: "Show the requests of the transit log, a line each, the newest last",
    options: {
      follow: { type: "boolean", describe: "Go on with those to come, until Ctrl-C" },
      since: text("Not older than `30m`, `2h`, `3d`, or a moment such as `2026-11-21T12:30` (UTC)"),
      model: text("Models with this in their name"),
      status: text(
        "A status (`429`, `5xx`), an outcome (`rejected`), or `error`; also several: `a,b`",
      ),
      request: text("The request of this id"),
      limit: text("The newest so many: 50, with `--since` 1000, with `--follow` 10"),
      json: { type: "boolean", describe: "Print the records of the log, one a line" },
    },
    examples: [
      ["airelays logs --follow", "The last ten, and each one as it ends"],
      ["airelays logs --since 2h --status error", "What went wrong in the last two hours"],
      ["airelays logs --request 80580184 --json", "Every record of one request"],
    ],
    load: async () => (await import("../commands/logs.ts")).logs,
  },
  {
    name: "why",
    summary: "Explain one request: what the client sent, what was sent upstream, what came back",
    positionals: requestId,
    options: { json },
    examples: [["airelays why 80580184", "What was left out or changed, and why"]],
    load: async () => (await import("../commands/why.ts")).why,
  },
  {
    name: "replay",
    summary: "Send what a client sent once more, to the running relay, and print the answer",
    positionals: requestId,
    options: {
      host: text("Address of the relay, when it is not the one that runs"),
      port: text("Port of the relay, when it is not the one that runs"),
      "bearer-token-file": tokenFile,
      json: { type: "boolean", describe: "Print the answer as JSON; a stream as one event a line" },
    },
    examples: [["airelays replay 80580184", "The same question again, which spends the plan"]],
    load: async () => (await import("../commands/replay.ts")).replay,
  },
  {
    name: "report",
    summary: "Write a zip file for a bug report, without secrets and without what was said",
    options: {
      output: text("The file to write; a name with the time, in this folder, when not said"),
      limit: text("How many of the last requests are in it: 50 when not said"),
      "with-content": {
        type: "boolean",
        describe: "Also what was asked and answered in them, in full",
      },
      force: { type: "boolean", describe: "Replace a file of that name" },
      json,
    },
    examples: [
      ["airelays report", "Versions, settings, doctor, status and the last requests"],
      ["airelays report --output report.zip --limit 5 --with-content", "With five conversations"],
    ],
    load: async () => (await import("../commands/report.ts")).report,
  },
];
