/** The tools that `airelays connect` knows, in the order in which they are listed. */
import type { Tool } from "./tool.ts";
import { aider } from "./tools/aider.ts";
import { claudeCode } from "./tools/claude-code.ts";
import { codex } from "./tools/codex.ts";
import { continueDev } from "./tools/continue.ts";
import { cursor } from "./tools/cursor.ts";
import { homeAssistant, jetbrains, obsidian } from "./tools/desktop-apps.ts";
import { cline, roo } from "./tools/editor-extensions.ts";
import { aiSdk, langchain } from "./tools/libraries.ts";
import { llm } from "./tools/llm.ts";
import { opencode } from "./tools/opencode.ts";
import { n8n, openWebui } from "./tools/web-apps.ts";
import { zed } from "./tools/zed.ts";

export const tools: readonly Tool[] = [
  codex,
  claudeCode,
  opencode,
  continueDev,
  cline,
  roo,
  aider,
  zed,
  cursor,
  n8n,
  openWebui,
  langchain,
  aiSdk,
  llm,
  jetbrains,
  obsidian,
  homeAssistant,
];
