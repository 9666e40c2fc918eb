/** Every dialect that the relay speaks. A new one is one entry here. */
import type { Facade } from "./facade.ts";
import { chat } from "./openai/chat.ts";
import { responses } from "./openai/responses.ts";

export const facades: readonly Facade[] = [responses, chat];
