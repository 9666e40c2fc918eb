/** Commands that tell how things are. */
import { type CommandSpec, json, plain } from "../command-spec.ts";

export const insight: readonly CommandSpec[] = [
  {
    name: "status",
    summary: "Show configuration, sign-in and what is left of the plan",
    options: {
      check: { type: "boolean", describe: "Also call ChatGPT; the exit code tells the outcome" },
      offline: {
        type: "boolean",
        describe: "Ask nobody for the plan, as --json does without --check",
      },
      watch: { type: "boolean", describe: "Go on until Ctrl-C; with --json a line per change" },
      plain,
      json,
    },
    examples: [
      ["airelays status", "Also the plan's windows and when they reset"],
      ["airelays status --watch", "Drawn again every few seconds"],
      ["airelays status --json", "For scripts, at once; asks nobody"],
      ["airelays status --check", "For cron: 0 when requests would work, 4 when not signed in"],
    ],
    load: async () => (await import("../commands/status.ts")).status,
  },
  {
    name: "quota",
    summary: "Tell whether enough of the plan is left, with the exit code",
    options: {
      need: {
        type: "string",
        requiresArg: true,
        describe: "So many percent have to be left; 1 when not said",
      },
      window: {
        type: "string",
        requiresArg: true,
        choices: ["5h", "weekly", "all"],
        describe: "Which window has to have them; all when not said",
      },
      json,
    },
    examples: [
      ["airelays quota", "Which window of the plan is the tightest"],
      ["airelays quota --need 20", "Exit code 0 when a fifth of the plan is left, 3 when not"],
    ],
    load: async () => (await import("../commands/quota.ts")).quota,
  },
  {
    name: "models",
    summary: "List the models of your plan",
    options: { json },
    examples: [
      ["airelays models", "Context windows, reasoning efforts, what they take, your aliases"],
    ],
    load: async () => (await import("../commands/models.ts")).models,
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
    load: async () => (await import("../commands/doctor.ts")).doctor,
  },
];
