/** Commands that tell how things are. */
import { type CommandSpec, json } from "../command-spec.ts";

export const insight: readonly CommandSpec[] = [
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
    load: async () => (await import("../commands/status.ts")).status,
  },
  {
    name: "models",
    summary: "List the models of your plan",
    options: { json },
    examples: [["airelays models", "Names, context windows and reasoning efforts"]],
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
