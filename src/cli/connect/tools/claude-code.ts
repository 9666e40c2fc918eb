/** Claude Code. Speaks Anthropic's Messages API; a helper command reads the token for it. */
import { joinPath } from "../../../config/paths.ts";
import type { Edit } from "../edits.ts";
import { jsonc } from "../formats/jsonc.ts";
import type { RelayFacts, Tool } from "../tool.ts";
import { named } from "../tool-paths.ts";

export const claudeCode: Tool = {
  name: "claude-code",
  title: "Claude Code",
  api: "messages",
  programs: ["claude"],
  places: (machine) => [named(machine, "CLAUDE_CONFIG_DIR", ".claude")],
  file: {
    format: jsonc,
    path: (machine) =>
      joinPath(machine.platform, named(machine, "CLAUDE_CONFIG_DIR", ".claude"), "settings.json"),
    edits: (facts, { platform }) => [
      { path: ["env", "ANTHROPIC_BASE_URL"], value: facts.url },
      { path: ["env", "ANTHROPIC_MODEL"], value: facts.model.id },
      ...windowOf(facts),
      { path: ["env", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"], value: "1" },
      keyOf(facts, platform),
    ],
  },
  steps: () => ["Start it as always: `claude`."],
  notes: () => [
    "The settings count for every `claude` on this machine, and before what the shell exports. To use the relay in one terminal only, leave the file alone and start it with `airelays run claude --model gpt-5.5`.",
    "`ANTHROPIC_API_KEY` must not be set: Claude Code would send it to the relay besides the token. `airelays run` leaves it out.",
    "The answers come from the models of your ChatGPT plan; none of them is Claude. Claude Code asks for `claude-…` names on its own, for titles and small tasks; the relay answers them with a model of your plan and says so.",
  ],
  tried: "`@anthropic-ai/claude-code` 2.1.329",
  guide: "claude-code.md",
};

/** Claude Code takes a model that it does not know for one with a window of a million tokens. */
function windowOf({ model }: RelayFacts): Edit[] {
  if (model.contextWindow === undefined) return [];
  const value = String(model.contextWindow);
  return [{ path: ["env", "CLAUDE_CODE_MAX_CONTEXT_TOKENS"], value }];
}

/** `apiKeyHelper` is a command of the shell, which on Windows may be one of several. */
function keyOf({ token, tokenFile }: RelayFacts, platform: NodeJS.Platform): Edit {
  return tokenFile === undefined || platform === "win32"
    ? { path: ["env", "ANTHROPIC_AUTH_TOKEN"], value: token }
    : { path: ["apiKeyHelper"], value: `cat '${tokenFile.replaceAll("'", "'\\''")}'` };
}
