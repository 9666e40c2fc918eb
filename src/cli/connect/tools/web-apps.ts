/** n8n and Open WebUI: servers of your own, often in a container, with a page for their connections. */
import type { RelayFacts, Tool } from "../tool.ts";

const key = ({ needsToken }: RelayFacts): string =>
  needsToken
    ? "API key: the relay token, which `airelays token show` prints."
    : "API key: any word; the relay asks for none.";

/** From inside a container, `127.0.0.1` is the container. */
const container = ({ url }: RelayFacts): string[] => {
  const { port } = new URL(url);
  return [
    `In Docker Desktop, use \`http://host.docker.internal:${port}/v1\` and list that name in the relay's \`config.toml\`: \`allowed_hosts = ["host.docker.internal"]\` under \`[security]\`.`,
    "In Docker on Linux, give the container the host's network (`--network host`); then `127.0.0.1` is right.",
  ];
};

export const n8n: Tool = {
  name: "n8n",
  title: "n8n",
  api: "responses",
  programs: ["n8n"],
  steps: (facts) => [
    "In n8n create a credential of the type `OpenAI`.",
    `Base URL: \`${facts.baseUrl}\``,
    key(facts),
    `In the node \`OpenAI Chat Model\` choose the credential, and the model by its ID: \`${facts.model.id}\``,
  ],
  notes: (facts) => [
    ...container(facts),
    "n8n's list shows only models whose names it knows; `By ID` takes any.",
    "The node's switch `Use Responses API` may be on or off; on keeps reasoning between tool calls.",
  ],
  guide: "reach.md",
};

export const openWebui: Tool = {
  name: "open-webui",
  title: "Open WebUI",
  api: "chat",
  programs: ["open-webui"],
  steps: (facts) => [
    "In Open WebUI open Admin Panel, Settings, Connections.",
    "Under `OpenAI API` add a connection.",
    `URL: \`${facts.baseUrl}\``,
    key(facts),
    "Save. The models of your plan are in the list of models.",
  ],
  notes: (facts) => [
    ...container(facts),
    "Both listen on port 8080 when nothing else is said. Move one: `airelays serve --port 8317`, or `open-webui serve --port 3000`.",
    "At its first start it takes `OPENAI_API_BASE_URL` and `OPENAI_API_KEY` too; later its own database counts.",
    "It asks for titles and tags after each chat, which spends the plan: Admin Panel, Settings, Interface chooses another model for that, or switches it off.",
  ],
  guide: "reach.md",
};
