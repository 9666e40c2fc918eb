/** `/api/chat` and `/api/generate`: one dialect, whose lines differ in where they have the text. */
import type { Dialect, Facade } from "../facade.ts";
import { identity, inMessage, inResponse, type Place, toEnding, toSaid } from "./answer.ts";
import { decodeChat, isEmptyChat } from "./chat-request.ts";
import { ollamaErrorBody } from "./error.ts";
import { decodeGenerate, isEmptyPrompt } from "./generate-request.ts";
import type { OllamaOptions } from "./settings.ts";
import { createLineEncoder } from "./stream.ts";

/** Whatever is asked below its folder. */
export const ollama: Dialect = {
  errorBody: ollamaErrorBody,
  owns: (path) => /^(\/no-tools)?\/api(\/|$)/.test(path),
};

type Route = Pick<Facade<OllamaOptions>, "name" | "path" | "decode" | "isWarmUp">;

const facade = (route: Route, place: Place): Facade<OllamaOptions> => ({
  ...route,
  contentType: "application/x-ndjson",
  // Every line is an object that says something: there is no word for waiting.
  keepalive: "",
  idPrefix: "ollama-",
  takesUntypedBodies: true,
  encoder: (options, stamp) => createLineEncoder(place, options, stamp),
  whole: (response, options, stamp) => ({
    ...identity(options, stamp),
    ...place(toSaid(response)),
    ...toEnding(response, options, stamp),
  }),
  errorBody: ollamaErrorBody,
});

export const ollamaChat: Facade<OllamaOptions> = facade(
  { name: "ollama-chat", path: "/api/chat", decode: decodeChat, isWarmUp: isEmptyChat },
  inMessage,
);

export const ollamaGenerate: Facade<OllamaOptions> = facade(
  {
    name: "ollama-generate",
    path: "/api/generate",
    decode: decodeGenerate,
    isWarmUp: isEmptyPrompt,
  },
  inResponse,
);
