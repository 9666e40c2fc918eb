/** opencode. Speaks the Responses API through the AI SDK; reads the token from its file. */
import type { Plain } from "../formats/format.ts";
import { jsonc } from "../formats/jsonc.ts";
import type { ModelFacts, Tool } from "../tool.ts";
import { inConfigHome } from "../tool-paths.ts";

export const opencode: Tool = {
  name: "opencode",
  title: "opencode",
  api: "responses",
  programs: ["opencode"],
  places: (machine) => [inConfigHome(machine, "opencode")],
  file: {
    format: jsonc,
    path: (machine) => inConfigHome(machine, "opencode", "opencode.json"),
    alternatives: (machine) => [inConfigHome(machine, "opencode", "opencode.jsonc")],
    edits: ({ baseUrl, model, models, token, tokenFile }) => [
      { path: ["$schema"], value: "https://opencode.ai/config.json", ifAbsent: true },
      { path: ["model"], value: `airelays/${model.id}` },
      {
        path: ["provider", "airelays"],
        value: {
          npm: "@ai-sdk/openai",
          name: "airelays",
          options: {
            baseURL: baseUrl,
            apiKey: tokenFile === undefined ? token : `{file:${tokenFile}}`,
          },
          models: Object.fromEntries(models.map((each) => [each.id, modelEntry(each)])),
        },
      },
    ],
  },
  steps: () => ["Start it as always: `opencode`. `/models` lists the models of your plan."],
  notes: () => [
    "`{file:…}` lets opencode read the relay token from the relay's own file; it follows `airelays token rotate`.",
    "`@ai-sdk/openai` is the provider that keeps reasoning from turn to turn. With `@ai-sdk/openai-compatible` opencode uses chat completions, which cannot.",
    "A project's `opencode.json` counts before this file.",
  ],
  tried: "`opencode-ai` 1.18.33",
};

/** opencode takes a limit only with both numbers; the plan's models write up to 128,000 tokens. */
function modelEntry({ contextWindow }: ModelFacts): Plain {
  const base = { attachment: true, reasoning: true, tool_call: true };
  return contextWindow === undefined
    ? base
    : { ...base, limit: { context: contextWindow, output: Math.min(128_000, contextWindow) } };
}
