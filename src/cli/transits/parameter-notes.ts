/** Why a parameter is, or is not, in what was sent: the routes' own tables of parameters, by name. */
import { parameters as anthropicParameters } from "../../facades/anthropic/parameters.ts";
import {
  type OpenAiRoute,
  parameters as openAiParameters,
} from "../../facades/openai/parameters.ts";

import type { Disclosure } from "../../scope.ts";
import { notTaken } from "../../upstreams/chatgpt/request.ts";

const openAiRoutes: Readonly<Record<string, OpenAiRoute>> = {
  "/v1/responses": "responses",
  "/v1/chat/completions": "chat",
  "/v1/completions": "completions",
};

/** Why a change was made; where the upstream's refusal is all that was recorded, the table knows more. */
export function reasonFor({ parameter, reason }: Disclosure, path: string): string {
  return (reason === notTaken ? noteOf(path, parameter) : undefined) ?? reason;
}

/** What the table of the path's route says of the parameter. */
export function noteOf(path: string, parameter: string): string | undefined {
  const plain = path.replace(/^\/no-tools/, "");
  if (plain === "/v1/messages") {
    const row = anthropicParameters.find(({ name }) => name === parameter);
    // The page has a section for it; here there is the diff.
    return row?.note.replace(/; see below[^.]*/, "");
  }
  const route = openAiRoutes[plain];
  if (route === undefined) return undefined;
  return openAiParameters.find(({ name, fates }) => name === parameter && fates[route])?.note;
}

/** Of what the client did not send under that name. */
export const addedNotes: Readonly<Record<string, string>> = {
  input: "What was said, as the upstream takes it.",
  instructions: "The system text of the conversation.",
  tools: "The client's tools, as the upstream takes them.",
  tool_choice: "The client's choice of tools, as the upstream takes it.",
  reasoning: "The effort that the client, or the model's name, asked for.",
  text: "The form of answer that the client asked for.",
  service_tier: "The speed that the client asked for.",
  include: "Nothing is stored upstream, so the sealed reasoning is always asked for.",
  prompt_cache_key: "Keeps the turns of a conversation at one prompt cache.",
  store: "Nothing is stored upstream.",
  stream: "The upstream always streams; a whole answer is folded from its events.",
};
