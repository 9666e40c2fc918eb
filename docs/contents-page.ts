/** Renders the contents twice: docs/README.md for people, llms.txt for programs that read for them. */
import { posix } from "node:path";
import { contents, type Entry } from "./contents.ts";
import { notice, table } from "./markdown.ts";

export function renderIndex(): string {
  return [
    notice,
    "# Documents",
    "",
    ...contents.flatMap(({ title, intro, entries }) => [
      `## ${title}`,
      "",
      intro,
      "",
      ...table(
        ["Page", "About"],
        entries.map((each) => [link(each, posix.relative("docs", each.path)), each.about]),
      ),
      "",
    ]),
  ].join("\n");
}

/** In the form of llmstxt.org. */
export function renderLlms(): string {
  return [
    "# airelays",
    "",
    "> Your own ChatGPT subscription as a local OpenAI-compatible API, on your machine, for you alone: an npm command line and HTTP server that speaks OpenAI Responses, Chat Completions, Anthropic Messages and Ollama's API.",
    "",
    "A client needs the base URL (`http://127.0.0.1:8080/v1`; without `/v1` for Anthropic's and Ollama's clients) and the relay token (`airelays token show`). `airelays demo` runs everything on a built-in stand-in, without an account.",
    "",
    ...contents.flatMap(({ title, entries }) => [
      `## ${title}`,
      "",
      ...entries.map((each) => `- ${link(each, each.path)}: ${each.about}`),
      "",
    ]),
  ].join("\n");
}

function link({ title }: Entry, target: string): string {
  return `[${title}](${target})`;
}
