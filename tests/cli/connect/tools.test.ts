import { describe, expect, it } from "vitest";
import { applyEdits, undoEdits } from "../../../src/cli/connect/edits.ts";
import { notesOf } from "../../../src/cli/connect/notes.ts";
import { holdsToken, settingsText } from "../../../src/cli/connect/settings-text.ts";
import type { RelayFacts } from "../../../src/cli/connect/tool.ts";
import { tools } from "../../../src/cli/connect/tools.ts";
import type { Machine } from "../../../src/config/paths.ts";

const linux: Machine = { env: {}, platform: "linux", homeDirectory: "/home/o" };
const windows: Machine = { env: {}, platform: "win32", homeDirectory: "C:\\Users\\o" };
const facts: RelayFacts = {
  url: "http://127.0.0.1:8317",
  baseUrl: "http://127.0.0.1:8317/v1",
  model: { id: "gpt-5.5", contextWindow: 272_000 },
  models: [
    { id: "gpt-5.5", contextWindow: 272_000 },
    { id: "gpt-x", contextWindow: undefined },
  ],
  token: "secret-of-the-relay",
  needsToken: true,
  tokenFile: "/home/o/.airelays/relay-token",
};
const writable = tools.flatMap(({ name, file }) => (file === undefined ? [] : [{ name, file }]));

it("are those that were promised, each once", () => {
  expect(tools.map(({ name }) => name).join(" ")).toBe(
    "codex claude-code opencode continue cline roo aider zed cursor n8n open-webui langchain ai-sdk llm jetbrains obsidian home-assistant",
  );
});

it.each(tools)("$name has steps and notes, names the address, and shows no token", (tool) => {
  const shown = [
    ...tool.steps(facts),
    ...notesOf(tool, facts),
    tool.sample?.(facts).text ?? "",
    tool.file === undefined ? "" : settingsText(tool.file, facts, linux),
  ];
  expect(tool.steps(facts).length).toBeGreaterThan(0);
  expect(shown.join("\n")).not.toContain(facts.token);
  expect(shown.join("\n")).not.toContain("undefined");
  if (tool.sample === undefined) expect(shown.join("\n")).toContain("127.0.0.1");
});

describe.each(writable)("the file of $name", ({ file }) => {
  it.each([linux, windows])(
    "says the same as its settings, and comes back empty ($platform)",
    (machine) => {
      const { text, made } = applyEdits(file.format, "", file.edits(facts, machine));
      expect(text).toContain("127.0.0.1:8317");
      expect(undoEdits(file.format, text, made, undefined)).toMatchObject({ isEmpty: true });
      expect(text.includes(facts.token)).toBe(holdsToken(file, facts, machine));
    },
  );

  it("holds no token where none is needed", () => {
    const open = { ...facts, needsToken: false, token: "open-mode", tokenFile: undefined };
    expect(holdsToken(file, open, linux)).toBe(false);
  });
});

it("write the token only where nothing can refer to it", () => {
  const holders = writable.filter(({ file }) => holdsToken(file, facts, linux));
  expect(holders.map(({ name }) => name)).toEqual(["continue"]);
  const fromEnvironment = { ...facts, tokenFile: undefined };
  const more = writable.filter(({ file }) => holdsToken(file, fromEnvironment, linux));
  expect(more.map(({ name }) => name)).toEqual(["claude-code", "opencode", "continue"]);
});

it.each<[string, Machine, string]>([
  ["codex", linux, "/home/o/.codex/config.toml"],
  ["codex", { ...linux, env: { CODEX_HOME: "/c" } }, "/c/config.toml"],
  ["codex", windows, "C:\\Users\\o\\.codex\\config.toml"],
  ["claude-code", { ...linux, env: { CLAUDE_CONFIG_DIR: "/c" } }, "/c/settings.json"],
  ["opencode", { ...linux, env: { XDG_CONFIG_HOME: "/x" } }, "/x/opencode/opencode.json"],
  ["zed", { ...windows, env: { APPDATA: "D:\\Roaming" } }, "D:\\Roaming\\Zed\\settings.json"],
  [
    "llm",
    { ...linux, platform: "darwin" },
    "/home/o/Library/Application Support/io.datasette.llm/extra-openai-models.yaml",
  ],
  ["llm", { ...linux, env: { LLM_USER_PATH: "/l" } }, "/l/extra-openai-models.yaml"],
])("%s is looked for where it looks itself", (name, machine, path) => {
  expect(writable.find((each) => each.name === name)?.file.path(machine)).toBe(path);
});

it("quotes the token's file for the shell that reads it", () => {
  const claude = writable.find(({ name }) => name === "claude-code");
  const text = claude && settingsText(claude.file, { ...facts, tokenFile: "/o'r b/t" }, linux);
  expect(JSON.parse(text ?? "")).toMatchObject({ apiKeyHelper: "cat '/o'\\''r b/t'" });
});
