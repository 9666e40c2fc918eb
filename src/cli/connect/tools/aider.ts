/** Aider. Speaks chat completions through LiteLLM; its key comes from a variable. */
import { yaml } from "../formats/yaml.ts";
import type { Tool } from "../tool.ts";
import { inHome } from "../tool-paths.ts";

export const aider: Tool = {
  name: "aider",
  title: "Aider",
  api: "chat",
  programs: ["aider"],
  places: (machine) => [inHome(machine, ".aider.conf.yml"), inHome(machine, ".aider")],
  file: {
    format: yaml,
    path: (machine) => inHome(machine, ".aider.conf.yml"),
    edits: ({ baseUrl, model }) => [
      { path: ["openai-api-base"], value: baseUrl },
      { path: ["model"], value: `openai/${model.id}` },
    ],
  },
  steps: () => ["Start it with `airelays run aider`, which hands it the relay token."],
  notes: () => [
    "The key comes from `OPENAI_API_KEY`; the file holds no secret.",
    "A `.aider.conf.yml` in a project counts before this file.",
    "Aider warns of models that are not in its list; `--no-show-model-warnings` silences that.",
  ],
};
