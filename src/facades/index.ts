/** Every dialect that the relay speaks. A new one is one entry here. */
import { anthropic, messages } from "./anthropic/messages.ts";
import type { Dialect, Facade } from "./facade.ts";
import { ollama, ollamaChat, ollamaGenerate } from "./ollama/ollama.ts";
import { createChatFacade } from "./openai/chat.ts";
import type { ReasoningStyle } from "./openai/chat-answer.ts";
import { completions } from "./openai/completions.ts";
import { responses } from "./openai/responses.ts";

export { responsesWebSocket } from "./openai/responses-websocket.ts";

/** Whose words a request gets that fails before a facade is found; OpenAI's where none owns it. */
export const dialects: readonly Dialect[] = [anthropic, ollama];

export interface FacadeSettings {
  readonly chatReasoning: ReasoningStyle;
}

export function createFacades({ chatReasoning }: FacadeSettings): readonly Facade[] {
  const chat = createChatFacade(chatReasoning);
  return [responses, chat, completions, messages, ollamaChat, ollamaGenerate];
}
