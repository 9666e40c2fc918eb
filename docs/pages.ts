/** The pages that are generated from the source. Renders them and touches no disk. */
import { renderAnthropic } from "./anthropic-page.ts";
import { renderCli } from "./cli-page.ts";
import { renderConfiguration } from "./configuration-page.ts";
import { connectPages } from "./connect-pages.ts";
import { renderIndex, renderLlms } from "./contents-page.ts";
import { renderErrors } from "./errors-page.ts";
import { renderOllama } from "./ollama-page.ts";
import { renderParameters } from "./parameters-page.ts";
import { renderResponsesWebSocket } from "./responses-websocket-page.ts";

export interface Page {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  render(): string;
}

export const pages: readonly Page[] = [
  { path: "CONFIGURATION.md", render: renderConfiguration },
  { path: "docs/README.md", render: renderIndex },
  ...connectPages,
  { path: "docs/reference/anthropic.md", render: renderAnthropic },
  { path: "docs/reference/cli.md", render: renderCli },
  { path: "docs/reference/errors.md", render: renderErrors },
  { path: "docs/reference/ollama.md", render: renderOllama },
  { path: "docs/reference/parameters.md", render: renderParameters },
  { path: "docs/reference/responses-websocket.md", render: renderResponsesWebSocket },
  { path: "llms.txt", render: renderLlms },
];
