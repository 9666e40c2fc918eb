/** Cline and Roo Code: extensions of VS Code with the same form, whose settings no file of ours reaches. */
import type { RelayFacts, Tool } from "../tool.ts";
import { inHome } from "../tool-paths.ts";

/** The form of both; the names of the fields are theirs. */
const form = ({ baseUrl, model, needsToken }: RelayFacts): string[] => [
  "As the API Provider choose `OpenAI Compatible`.",
  `Base URL: \`${baseUrl}\``,
  needsToken
    ? "API key: the relay token, which `airelays token show` prints."
    : "API key: any word; the relay asks for none.",
  `Model ID: \`${model.id}\``,
  ...(model.contextWindow === undefined
    ? []
    : [`Under the model's configuration set the context window to ${model.contextWindow}.`]),
];

const notes = (): string[] => [
  "The extension keeps the key in the secret storage of VS Code; there is no file to write.",
  "It asks through chat completions, where reasoning does not go on from turn to turn.",
  "In a dev container or over SSH the extension runs there, and `127.0.0.1` is that machine: forward the port, `ssh -R 8080:127.0.0.1:8080 box`.",
];

export const cline: Tool = {
  name: "cline",
  title: "Cline",
  api: "chat",
  programs: ["cline"],
  places: (machine) => [inHome(machine, ".cline")],
  steps: (facts) => ["Open Cline in VS Code and its settings (the gear).", ...form(facts)],
  notes: () => [
    ...notes(),
    "Cline's CLI asks for the same with `cline auth`. Do not give it the key as an option: other users of the machine could read it in the list of processes.",
  ],
};

export const roo: Tool = {
  name: "roo",
  title: "Roo Code",
  api: "chat",
  programs: [],
  places: (machine) => [inHome(machine, ".roo")],
  steps: (facts) => ["Open Roo Code in VS Code and its settings, Providers.", ...form(facts)],
  notes,
};
