/** JetBrains AI Assistant, Obsidian and Home Assistant: their settings are pages that a person fills in. */
import type { RelayFacts, Tool } from "../tool.ts";
import { inConfigHome, inHome, inRoaming } from "../tool-paths.ts";

const key = ({ needsToken }: RelayFacts): string =>
  needsToken
    ? "API key: the relay token, which `airelays token show` prints."
    : "API key: any word; the relay asks for none.";

export const jetbrains: Tool = {
  name: "jetbrains",
  title: "JetBrains AI Assistant",
  api: "chat",
  programs: ["idea", "pycharm", "webstorm", "goland", "rider"],
  places: (machine) => {
    if (machine.platform === "win32") return [inRoaming(machine, "JetBrains")];
    return machine.platform === "darwin"
      ? [inHome(machine, "Library", "Application Support", "JetBrains")]
      : [inConfigHome(machine, "JetBrains")];
  },
  steps: (facts) => [
    "Open Settings, Tools, AI Assistant, Providers & API keys (Models in older versions).",
    "As the third-party provider choose `OpenAI-compatible`.",
    `URL: \`${facts.baseUrl}\``,
    key(facts),
    "Press `Test Connection`, then `Apply`.",
    `Under the models, choose \`${facts.model.id}\` for the chat and the other features.`,
  ],
  notes: () => [
    "It reads the list of models from the relay, so the relay has to run while you set it up.",
    "Completion in the editor wants a model made for it, which a plan does not have.",
    "Which features take models of other providers depends on the version of the IDE.",
  ],
};

export const obsidian: Tool = {
  name: "obsidian",
  title: "Obsidian (Copilot)",
  api: "chat",
  programs: ["obsidian"],
  places: (machine) => {
    if (machine.platform === "win32") return [inRoaming(machine, "obsidian")];
    return machine.platform === "darwin"
      ? [inHome(machine, "Library", "Application Support", "obsidian")]
      : [inConfigHome(machine, "obsidian")];
  },
  steps: (facts) => [
    "Let Obsidian's pages in: `allowed_origins = [\"app://obsidian.md\"]` under `[security]` in the relay's `config.toml`, and start the relay again.",
    "In Obsidian open Settings, Copilot, Model, and add a custom model.",
    `Model name: \`${facts.model.id}\``,
    "Provider: `3rd party (openai-format)`",
    `Base URL: \`${facts.baseUrl}\``,
    key(facts),
    "Press `Verify`, then add the model and choose it in the chat.",
  ],
  notes: () => [
    "With the plugin's switch `Enable CORS` the request goes around the browser's rules, and the first step is not needed; then answers are not streamed.",
    "Other plugins have the same three fields. On a phone, `127.0.0.1` is the phone.",
    "The plugin keeps the key in the vault's settings: think of that where the vault is synchronised.",
    "Questions to the whole vault need embeddings, which the relay does not have.",
  ],
  guide: "reach.md",
};

export const homeAssistant: Tool = {
  name: "home-assistant",
  title: "Home Assistant",
  api: "chat",
  programs: ["hass"],
  steps: (facts) => [
    "Home Assistant mostly runs on another machine. Let it reach the relay: `airelays serve --host 0.0.0.0 --allow-network`, and use this machine's address in the place of 127.0.0.1 below.",
    "In Home Assistant open Settings, Devices & services, Add integration, and choose `LiteLLM`.",
    `URL: \`${facts.baseUrl}\``,
    key(facts),
    `In its entry press Add conversation agent and choose the model \`${facts.model.id}\`; then choose the agent under Settings, Voice assistants.`,
  ],
  notes: () => [
    "The integration `OpenAI Conversation` has no field for an address. Where your version has no `LiteLLM` yet, `Extended OpenAI Conversation` from HACS has one.",
    "The integration `Ollama` sends no token; it works with `airelays serve --ollama --ollama-open` on the same machine only.",
    "Nothing is encrypted on the way through your network: read the guide on other machines first.",
  ],
  guide: "reach.md",
};
