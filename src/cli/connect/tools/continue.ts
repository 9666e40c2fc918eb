/** Continue, the extension and its CLI `cn`. Speaks the Responses API for names like gpt-5. */
import { joinPath } from "../../../config/paths.ts";
import { yaml } from "../formats/yaml.ts";
import type { Tool } from "../tool.ts";
import { named } from "../tool-paths.ts";

export const continueDev: Tool = {
  name: "continue",
  title: "Continue",
  api: "responses",
  programs: ["cn"],
  places: (machine) => [named(machine, "CONTINUE_GLOBAL_DIR", ".continue")],
  file: {
    format: yaml,
    path: (machine) =>
      joinPath(machine.platform, named(machine, "CONTINUE_GLOBAL_DIR", ".continue"), "config.yaml"),
    edits: ({ baseUrl, model, token }) => [
      { path: ["name"], value: "Local config", ifAbsent: true },
      { path: ["version"], value: "1.0.0", ifAbsent: true },
      { path: ["schema"], value: "v1", ifAbsent: true },
      {
        path: ["models", { name: "airelays" }],
        value: {
          name: "airelays",
          provider: "openai",
          model: model.id,
          apiBase: baseUrl,
          apiKey: token,
          roles: ["chat", "edit", "apply"],
          capabilities: ["tool_use", "image_input"],
        },
      },
    ],
  },
  steps: () => ["Choose `airelays` among the models, in the editor or with `/model` in `cn`."],
  notes: () => [
    "The extension does not see what a shell exports, so the relay token stands in the file. To keep it out, put `OPENAI_API_KEY=<relay token>` into `~/.continue/.env` and let `apiKey` refer to `secrets.OPENAI_API_KEY`, as Continue's manual shows.",
    "For `cn` started by `airelays run`, the same reference takes the token from the environment.",
    "Run `airelays connect continue --write` again after `airelays token rotate`.",
    "Autocomplete wants a model made for it, and a plan has none; the roles leave it out. There are no embeddings either.",
  ],
  tried: "`@continuedev/cli` 1.5.47 (`cn`)",
};
