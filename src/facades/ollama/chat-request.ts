/** An `/api/chat` body as a Responses request. */
import type { JsonObject } from "../../protocol/json.ts";
import type { ResponsesRequest } from "../../protocol/request.ts";
import type { Decoded } from "../facade.ts";
import { asBody, optionalArray } from "../fields.ts";
import { decodeMessages } from "./messages.ts";
import { decodeSettings, type OllamaOptions } from "./settings.ts";
import { decodeTools } from "./tools.ts";

/** Nothing is said: the client wants the model loaded, or let go. */
export function isEmptyChat(value: unknown): boolean {
  return (optionalArray(asBody(value), "messages") ?? []).length === 0;
}

export function decodeChat(value: unknown): Decoded<OllamaOptions> {
  const body: JsonObject = asBody(value);
  const { instructions, input, places, changes } = decodeMessages(body);
  const tools = decodeTools(body);
  const settings = decodeSettings(body, {
    route: "chat",
    input,
    isEmpty: isEmptyChat(body),
  });
  const request: ResponsesRequest = {
    ...settings.request,
    ...(instructions === undefined ? {} : { instructions }),
    ...(tools.length === 0 ? {} : { tools }),
  };
  return { ...settings, request, places, changes: [...changes, ...settings.changes] };
}
