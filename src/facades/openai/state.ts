/** What OpenAI's requests ask of memory: `previous_response_id`, `conversation` and `store`. */
import type { JsonObject } from "../../protocol/json.ts";
import type { StateRequest } from "../../protocol/request.ts";
import { optionalBoolean, optionalObject, optionalString, requiredString } from "../fields.ts";

export function decodeState(body: JsonObject): StateRequest {
  const previousResponseId = optionalString(body, "previous_response_id") || undefined;
  const conversationId = decodeConversationId(body);
  const store = optionalBoolean(body, "store");
  return {
    ...(previousResponseId === undefined ? {} : { previousResponseId }),
    ...(conversationId === undefined ? {} : { conversationId }),
    ...(store === undefined ? {} : { store }),
  };
}

/** An id, or an object with one. */
export function decodeConversationId(body: JsonObject): string | undefined {
  const given = body["conversation"] ?? undefined;
  if (given === undefined || typeof given === "string") return given || undefined;
  const conversation = optionalObject(body, "conversation") ?? {};
  return requiredString(conversation, "id", "conversation.id");
}
