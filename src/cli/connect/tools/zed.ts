/** Zed. Its agent takes OpenAI-compatible providers from its settings, and keys from the keychain. */

import type { Machine } from "../../../config/paths.ts";
import { jsonc } from "../formats/jsonc.ts";
import type { Tool } from "../tool.ts";
import { inConfigHome, inHome, inRoaming } from "../tool-paths.ts";

export const zed: Tool = {
  name: "zed",
  title: "Zed",
  api: "chat",
  // Where there is ZFS, `zed` is its daemon.
  programs: ["zeditor"],
  places: (machine) => [
    folderOf(machine),
    ...(machine.platform === "darwin" ? ["/Applications/Zed.app"] : []),
  ],
  file: {
    format: jsonc,
    path: (machine) => folderOf(machine, "settings.json"),
    edits: ({ baseUrl, models }) => [
      {
        path: ["language_models", "openai_compatible", "airelays"],
        value: {
          api_url: baseUrl,
          available_models: models.map(({ id, contextWindow }) => ({
            name: id,
            display_name: `${id} (airelays)`,
            max_tokens: contextWindow ?? 200_000,
            capabilities: {
              tools: true,
              images: true,
              parallel_tool_calls: true,
              prompt_cache_key: true,
            },
          })),
        },
      },
    ],
  },
  steps: () => [
    "In Zed, run the action `agent: open settings` and find `airelays` among the LLM providers.",
    "Paste the relay token (`airelays token show`) as its API key, and press Enter.",
    "Choose a model of `airelays` below the message editor of the agent panel.",
  ],
  notes: () => [
    "Zed keeps the key in the keychain of the system, not in the file. It also reads it from a variable that is named after the provider, where it was started from a shell that has it.",
    "`max_tokens` is the context window of the model. Zed reads no list from the relay: run `airelays connect zed --write` again when your plan has other models.",
  ],
};

function folderOf(machine: Machine, ...rest: readonly string[]): string {
  if (machine.platform === "win32") return inRoaming(machine, "Zed", ...rest);
  return machine.platform === "darwin"
    ? inHome(machine, ".config", "zed", ...rest)
    : inConfigHome(machine, "zed", ...rest);
}
