/** llm, the command of the terminal. Speaks chat completions; keeps keys in a store of its own. */
import { joinPath, type Machine } from "../../../config/paths.ts";
import { yaml } from "../formats/yaml.ts";
import type { Tool } from "../tool.ts";
import { inConfigHome, inHome, inRoaming } from "../tool-paths.ts";

export const llm: Tool = {
  name: "llm",
  title: "llm",
  api: "chat",
  programs: ["llm"],
  places: (machine) => [folderOf(machine)],
  file: {
    format: yaml,
    path: (machine) => joinPath(machine.platform, folderOf(machine), "extra-openai-models.yaml"),
    edits: ({ baseUrl, model }) => [
      {
        path: [{ model_id: "airelays" }],
        value: {
          model_id: "airelays",
          model_name: model.id,
          api_base: baseUrl,
          api_key_name: "airelays",
          vision: true,
          supports_schema: true,
          supports_tools: true,
        },
      },
    ],
  },
  steps: () => [
    "Store the relay token (`airelays token show`): `llm keys set airelays` asks for it.",
    'Ask: `llm -m airelays "Say hello."`',
  ],
  notes: () => [
    "Without a stored key, llm takes `OPENAI_API_KEY`: `airelays run llm -m airelays` needs none.",
    "`llm models default airelays` makes it the model of every `llm`.",
  ],
};

function folderOf(machine: Machine): string {
  const { env, platform } = machine;
  const named = env["LLM_USER_PATH"];
  if (named) return named;
  if (platform === "win32") return inRoaming(machine, "io.datasette.llm");
  return platform === "darwin"
    ? inHome(machine, "Library", "Application Support", "io.datasette.llm")
    : inConfigHome(machine, "io.datasette.llm");
}
