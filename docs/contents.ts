/** Every page of the documents, in the order in which somebody would read them, with what it answers. */

import { connectPages } from "./connect-pages.ts";

export interface Entry {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly title: string;
  /** The questions that the page answers, as the end of a line. */
  readonly about: string;
}

export interface Section {
  readonly title: string;
  readonly intro: string;
  readonly entries: readonly Entry[];
}

const entry = (path: string, title: string, about: string): Entry => ({ path, title, about });
const guide = (name: string, title: string, about: string): Entry =>
  entry(`docs/guides/${name}.md`, title, about);

export const contents: readonly Section[] = [
  {
    title: "Start",
    intro: "What it is, and the way to the first answer.",
    entries: [
      entry("README.md", "airelays", "what it does with a request, its routes and commands"),
      entry("docs/getting-started.md", "Getting started", "from nothing to the first answer"),
      entry("DISCLAIMER.md", "Disclaimer", "who may use it for what, and whose risk it is"),
    ],
  },
  {
    title: "Guides",
    intro: "How to do one thing. Every command and program in them is run by the tests.",
    entries: [
      guide("sdk", "OpenAI SDKs", "JavaScript and Python, streams, WebSockets"),
      guide(
        "claude-code",
        "Claude Code: models and the SDK",
        "its models, its thinking, and Anthropic's SDK",
      ),
      guide("ollama", "Ollama's clients", "programs that know no other API"),
      guide(
        "sign-in",
        "Signing in, and staying signed in",
        "browser or code, over SSH, in scripts, staying signed in",
      ),
      guide("files-and-memory", "Files and memory", "uploads, conversations, kept answers"),
      guide(
        "network",
        "Proxies and company certificates",
        "where the servers are not reached directly",
      ),
      guide(
        "reach",
        "Web pages and other machines",
        "who else may use the relay, and on which terms",
      ),
      guide(
        "terminal",
        "In the terminal",
        "what is left of the plan, living lines, settings, completion",
      ),
      guide("background", "In the background", "detached, stopped, restarted, as a service"),
      guide(
        "logs",
        "Looking back: logs",
        "what was asked, what was changed, once more, a bug report",
      ),
      guide("container", "In a container", "Docker and Compose, without root and read-only"),
      guide(
        "offline-backend",
        "The offline backend",
        "an app tested without an account, faults on demand",
      ),
      guide("troubleshooting", "Troubleshooting", "which layer fails, and what to do about it"),
    ],
  },
  {
    title: "Tools",
    intro: "The settings of each, as `airelays connect` shows and writes them.",
    entries: connectPages.map(({ path, render }) => {
      const [, title = ""] = /^# (.*)$/m.exec(render()) ?? [];
      const about = path.endsWith("README.md")
        ? "which tools there are, and how anything else is set up"
        : "its settings, and what to know";
      return { path, title, about };
    }),
  },
  {
    title: "Concepts",
    intro: "Why it is as it is.",
    entries: [
      entry(
        "docs/concepts/architecture.md",
        "How it is built",
        "principles and their price, the way of a request, layers",
      ),
      entry(
        "docs/concepts/streaming.md",
        "How an answer streams",
        "when the status is fixed, and how a stream ends",
      ),
      entry(
        "docs/concepts/credentials.md",
        "Where the login lives",
        "which login is used, where it is kept, how it stays fresh",
      ),
      entry(
        "docs/concepts/privacy.md",
        "What is kept, and where it goes",
        "the log, the memory, the servers that are asked",
      ),
    ],
  },
  {
    title: "Reference",
    intro: "What there is, complete. Most of it is made from the source.",
    entries: [
      entry("docs/reference/cli.md", "Command line", "commands, options, exit codes"),
      entry("CONFIGURATION.md", "Configuration", "every setting, its variable and its default"),
      entry("docs/reference/http-api.md", "HTTP API", "routes, headers, limits"),
      entry("docs/reference/parameters.md", "Parameters", "what becomes of each one of OpenAI's"),
      entry(
        "docs/reference/anthropic.md",
        "Anthropic Messages",
        "what becomes of each field, efforts, thinking",
      ),
      entry(
        "docs/reference/ollama.md",
        "Ollama",
        "what becomes of each parameter of `/api/chat` and `/api/generate`",
      ),
      entry(
        "docs/reference/responses-websocket.md",
        "Responses over a WebSocket",
        "fields, memory, errors, the end of a connection",
      ),
      entry("docs/reference/errors.md", "Errors", "every code, its status and what it means"),
      entry(
        "docs/reference/transit-log.md",
        "The transit log",
        "its records, and how to read them",
      ),
    ],
  },
  {
    title: "The project",
    intro: "For who looks after it, or looks at it closely.",
    entries: [
      entry("SECURITY.md", "Security", "what is promised, by which test it is held, how to report"),
      entry("CHANGELOG.md", "Changelog", "what changed, for who upgrades"),
      entry("AGENTS.md", "Working on airelays", "commands, layers, conventions, how to add things"),
    ],
  },
];
