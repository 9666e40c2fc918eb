/** The Codex CLI. Speaks the Responses API over a WebSocket or HTTP; its key comes from a variable. */

import { joinPath } from "../../../config/paths.ts";
import { toml } from "../formats/toml.ts";
import type { Tool } from "../tool.ts";
import { named } from "../tool-paths.ts";

export const codex: Tool = {
  name: "codex",
  title: "Codex CLI",
  api: "responses",
  programs: ["codex"],
  places: (machine) => [named(machine, "CODEX_HOME", ".codex")],
  file: {
    format: toml,
    path: (machine) =>
      joinPath(machine.platform, named(machine, "CODEX_HOME", ".codex"), "config.toml"),
    edits: ({ baseUrl, model, needsToken }) => [
      { path: ["model"], value: model.id },
      { path: ["model_provider"], value: "airelays" },
      {
        path: ["model_providers", "airelays"],
        value: {
          name: "airelays",
          base_url: baseUrl,
          ...(needsToken ? { env_key: "OPENAI_API_KEY" } : {}),
          wire_api: "responses",
          supports_websockets: true,
        },
      },
    ],
  },
  steps: () => ["Start it with `airelays run codex`, which hands it the relay token."],
  notes: () => [
    "`env_key` names the variable with the relay token; the file itself holds no secret. Where you start Codex without `airelays run`, export `OPENAI_API_KEY` (`airelays env`).",
    "The relay passes Codex's tools through as they are, and also the form of request that Codex uses for newer models.",
    "With `supports_websockets = true` Codex keeps one WebSocket open and sends only what is new in each turn. With `false` it posts the whole conversation each time. Both work, and when a WebSocket fails, Codex goes on over HTTP by itself.",
    "Codex waits for ever on a port where nothing listens. `airelays run` looks first.",
    "When your plan's window is spent, the relay answers 429 `usage_limit_reached` with the time of the reset, and Codex stops.",
    "Codex keeps its own login in its own folder. airelays neither reads nor changes it.",
  ],
  tried: "`@openai/codex` 0.169.0",
};
