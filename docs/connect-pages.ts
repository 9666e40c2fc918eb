/** Renders docs/guides/connect/: a page for each tool that `airelays connect` knows, and their index. */
import { notesOf } from "../src/cli/connect/notes.ts";
import { holdsToken, settingsText, tokenPlaceholder } from "../src/cli/connect/settings-text.ts";
import type { RelayFacts, Tool, ToolFile } from "../src/cli/connect/tool.ts";
import { tools } from "../src/cli/connect/tools.ts";
import type { Machine } from "../src/config/paths.ts";
import { code, notice, table } from "./markdown.ts";

const machine = (platform: NodeJS.Platform, homeDirectory = "~"): Machine => ({
  env: {},
  platform,
  homeDirectory,
});

/** A relay as configured by nobody, and a plan with one model. */
const facts: RelayFacts = {
  url: "http://127.0.0.1:8080",
  baseUrl: "http://127.0.0.1:8080/v1",
  model: { id: "gpt-5.5", contextWindow: 272_000 },
  models: [{ id: "gpt-5.5", contextWindow: 272_000 }],
  token: tokenPlaceholder,
  needsToken: true,
  tokenFile: "/home/you/.airelays/relay-token",
};

const apis = {
  responses: "Responses",
  chat: "chat completions",
  messages: "Anthropic Messages",
  ollama: "Ollama",
} as const;

export const connectPages = [
  { path: "docs/guides/connect/README.md", render: renderIndex },
  ...tools.map((tool) => ({
    path: `docs/guides/connect/${tool.name}.md`,
    render: () => renderTool(tool),
  })),
];

function renderIndex(): string {
  return [
    notice,
    "# Tools that use the relay",
    "",
    "```sh",
    "airelays connect                 # the tools, and which of them are on this machine",
    "airelays connect codex           # the settings of one, with your address and a model of your plan",
    "airelays connect codex --write   # into its file, with a backup",
    "airelays connect codex --undo    # and out again",
    "airelays connect codex --test    # also asks a model for one word, as the tool would",
    "```",
    "",
    ...table(
      ["Tool", "API", "`--write`"],
      tools.map(({ name, title, api, file }) => [
        `[${title}](${name}.md)`,
        apis[api],
        file === undefined ? "" : code(file.path(machine("linux"))),
      ]),
    ),
    "",
    "## Anything else",
    "",
    "Whatever takes a base URL and a key takes those of the relay. Many programs read them from the environment:",
    "",
    "```sh",
    "airelays run node app.mjs        # starts it with the variables; what follows is its own",
    'eval "$(airelays env)"           # bash and zsh: for everything that this shell starts',
    "```",
    "",
    // No table: a pipe would end the cell.
    "- fish: `airelays env | source`",
    "- PowerShell: `airelays env | Out-String | Invoke-Expression`",
    "- cmd: `for /f \"delims=\" %i in ('airelays env --shell cmd') do @%i`",
    "",
    ...table(
      ["Variable", "Value"],
      [
        ["`OPENAI_BASE_URL`", "the address with `/v1`"],
        ["`OPENAI_API_KEY`", "the relay token"],
        ["`ANTHROPIC_BASE_URL`", "the address without `/v1`"],
        ["`ANTHROPIC_AUTH_TOKEN`", "the relay token"],
        ["`OLLAMA_HOST`", "the address of `--ollama` where it is on, else the relay's"],
        [
          "`NO_PROXY`, `no_proxy`",
          "where a proxy is set: what they were, and this machine, for many clients would ask the proxy for the relay",
        ],
      ],
    ),
    "",
    "`ANTHROPIC_API_KEY` is taken away where it is set: Anthropic's clients would send it to the relay besides the token. `airelays run` refuses to start anything while no relay answers, because some clients wait for ever then. It passes signals and the exit code on, 126 for what cannot be started, 127 for what is not there.",
    "",
    "The address is that of the relay that runs, else the configured one; `--host` and `--port` name another.",
    "",
    "## What is written, and how it is undone",
    "",
    "Only the settings that the page of the tool shows; comments, other settings, line ends and links to a dotfiles folder stay. A file that is not valid, is read-only or cannot be changed without touching more than that is refused, and stays as it is. The text from before is kept beside the file, as `<file>.before-airelays`.",
    "",
    "Where the tool can read the token from a file or a variable, its settings refer to that. Where it cannot, the token is written into the file, the page of the tool says so, and only you can read the file then.",
    "",
    "`--undo` brings back the file as it was. If it was changed since, only what airelays had set is taken out; what you changed of that stays and is named.",
    "",
  ].join("\n");
}

function renderTool(tool: Tool): string {
  const { title, name, file, guide } = tool;
  const sample = tool.sample?.(facts);
  return [
    notice,
    `# ${title}`,
    "",
    "```sh",
    ...(file === undefined
      ? [`airelays connect ${name}`]
      : [
          `airelays connect ${name}           # these settings, with your address and a model of your plan`,
          `airelays connect ${name} --write   # into its file, with a backup`,
          `airelays connect ${name} --undo    # and out again`,
        ]),
    "```",
    "",
    `${title} uses the relay's ${apis[tool.api]} API.`,
    "",
    ...(file === undefined ? [] : settings(file)),
    ...(sample === undefined ? [] : [`\`\`\`${sample.language}`, sample.text, "```", ""]),
    "## Steps",
    "",
    ...tool.steps(facts).map((step, index) => `${index + 1}. ${step}`),
    "",
    "## Good to know",
    "",
    ...notesOf(tool, facts).map((note) => `- ${note}`),
    "",
    ...(guide === undefined ? [] : [`More: [${guideTitles[guide] ?? guide}](../${guide}).`, ""]),
  ].join("\n");
}

const guideTitles: Readonly<Record<string, string>> = {
  "claude-code.md": "Claude Code: models and the SDK",
  "reach.md": "Web pages and other machines",
  "sdk.md": "OpenAI SDKs",
};

function settings(file: ToolFile): string[] {
  const { format } = file;
  const sampleMachine = machine("linux", "/home/you");
  const places = [
    ["Linux", file.path(machine("linux"))],
    ["macOS", file.path(machine("darwin"))],
    ["Windows", file.path(machine("win32"))],
  ];
  const isEverywhere =
    new Set(places.map(([, path = ""]) => path.replaceAll("\\", "/"))).size === 1;
  return [
    "## Settings",
    "",
    ...(isEverywhere
      ? [`In ${code(file.path(machine("linux")))}:`]
      : table(
          ["System", "File"],
          places.map(([system = "", path = ""]) => [system, code(path)]),
        )),
    "",
    `\`\`\`${format.name === "JSON" ? "json" : format.name.toLowerCase()}`,
    settingsText(file, facts, sampleMachine).trimEnd(),
    "```",
    "",
    ...(holdsToken(file, facts, sampleMachine)
      ? ["The file holds the relay token itself, and is written so that only you can read it.", ""]
      : []),
  ];
}
