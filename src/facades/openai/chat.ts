/** `/v1/chat/completions`: the facade, and the whole answer made from a folded response. */
import { type ResponseSnapshot, toOutputItem } from "../../protocol/events.ts";
import type { Facade, Stamp } from "../facade.ts";
import { reasoningSeparator, toChatUsage, toFinishReason } from "./chat-answer.ts";
import { type ChatOptions, decodeChat } from "./chat-request.ts";
import { createChatEncoder } from "./chat-stream.ts";
import { openAiErrorBody } from "./error.ts";

export const chat: Facade<ChatOptions> = {
  name: "chat",
  path: "/v1/chat/completions",
  contentType: "text/event-stream",
  idPrefix: "chatcmpl-",
  decode: decodeChat,
  encoder: createChatEncoder,
  whole: toChatCompletion,
  errorBody: openAiErrorBody,
};

function toChatCompletion(response: ResponseSnapshot, _options: ChatOptions, stamp: Stamp) {
  const items = response.output.map(toOutputItem);
  const parts = items.flatMap((item) => (item.type === "message" ? item.content : []));
  const text = parts.flatMap((part) => part.text ?? []);
  const refusals = parts.flatMap((part) => part.refusal ?? []);
  const summary = items.flatMap((item) =>
    item.type === "reasoning" ? item.summary.map((part) => part.text) : [],
  );
  const calls = items.flatMap((item) =>
    item.type === "function_call"
      ? {
          id: item.call_id,
          type: "function",
          function: { name: item.name, arguments: item.arguments },
        }
      : [],
  );
  const usage = toChatUsage(response.usage);
  return {
    id: stamp.id,
    object: "chat.completion",
    created: stamp.created,
    model: stamp.model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: text.length === 0 ? null : text.join(""),
          refusal: refusals.length === 0 ? null : refusals.join(""),
          ...(summary.length === 0 ? {} : { reasoning_content: summary.join(reasoningSeparator) }),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: toFinishReason(response, calls.length > 0),
      },
    ],
    ...(usage === undefined ? {} : { usage }),
  };
}
