/** `/v1/chat/completions`: the facade, and the whole answer made from a folded response. */
import type { ResponseSnapshot } from "../../protocol/events.ts";
import { type OutputItem, toOutputItem } from "../../protocol/items.ts";
import { formatComment } from "../../protocol/sse.ts";
import type { Facade, Stamp } from "../facade.ts";
import {
  type ReasoningStyle,
  reasoningSeparator,
  thinkTags,
  toChatAnnotation,
  toChatImage,
  toChatUsage,
  toFinishReason,
  toServiceTier,
} from "./chat-answer.ts";
import { toLegacyCall, toToolCall } from "./chat-calls.ts";
import { type ChatOptions, decodeChat } from "./chat-request.ts";
import { createChatEncoder } from "./chat-stream.ts";
import { openAiErrorBody } from "./error.ts";

export function createChatFacade(reasoning: ReasoningStyle): Facade<ChatOptions> {
  return {
    name: "chat",
    path: "/v1/chat/completions",
    contentType: "text/event-stream",
    keepalive: formatComment("keepalive"),
    idPrefix: "chatcmpl-",
    decode: (body) => decodeChat(body, reasoning),
    encoder: createChatEncoder,
    whole: toChatCompletion,
    errorBody: openAiErrorBody,
  };
}

function toChatCompletion(response: ResponseSnapshot, options: ChatOptions, stamp: Stamp) {
  const items = response.output.map(toOutputItem);
  const parts = items.flatMap((item) => (item.type === "message" ? item.content : []));
  const refusals = parts.flatMap((part) => part.refusal ?? []);
  const annotations = parts.flatMap((part) =>
    (part.annotations ?? []).flatMap((each) => toChatAnnotation(each) ?? []),
  );
  const images = items.flatMap((item) =>
    item.type === "image_generation_call" && item.result !== "" ? toChatImage(item) : [],
  );
  const calls = callsOf(items, options.isLegacy);
  const content = contentOf(items, options.reasoning);
  const summary = items.flatMap((item) =>
    item.type === "reasoning" ? item.summary.map((part) => part.text) : [],
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
          content,
          refusal: refusals.length === 0 ? null : refusals.join(""),
          ...(options.reasoning === "reasoning_content" && summary.length > 0
            ? { reasoning_content: summary.join(reasoningSeparator) }
            : {}),
          ...(annotations.length === 0 ? {} : { annotations }),
          ...(images.length === 0 ? {} : { images }),
          ...calls.fields,
        },
        logprobs: null,
        finish_reason: toFinishReason(response, {
          count: calls.count,
          isLegacy: options.isLegacy,
        }),
      },
    ],
    ...toServiceTier(response),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** The text, with summaries between tags where that style is chosen; null when there is none. */
function contentOf(items: readonly OutputItem[], style: ReasoningStyle): string | null {
  let content: string | null = null;
  let thoughts: string[] = [];
  const close = (): void => {
    if (thoughts.length === 0) return;
    const thought = thinkTags.open + thoughts.join(reasoningSeparator) + thinkTags.close;
    content = (content ?? "") + thought;
    thoughts = [];
  };
  for (const item of items) {
    if (item.type === "reasoning") {
      if (style === "think_tags") thoughts.push(...item.summary.map((part) => part.text));
    } else if (isShown(item)) {
      close();
      const texts = item.type === "message" ? item.content.flatMap((part) => part.text ?? []) : [];
      if (texts.length > 0) content = (content ?? "") + texts.join("");
    }
  }
  close();
  return content;
}

/** Does chat have a place for this item? */
function isShown(item: OutputItem): boolean {
  if (item.type === "message") return item.content.length > 0;
  return item.type !== "other" && item.type !== "reasoning";
}

interface AnsweredCalls {
  readonly count: number;
  readonly fields: object;
}

function callsOf(items: readonly OutputItem[], isLegacy: boolean): AnsweredCalls {
  const calls = items.filter(
    (item) => item.type === "function_call" || item.type === "custom_tool_call",
  );
  const [first] = calls;
  if (first === undefined) return { count: 0, fields: {} };
  const fields =
    isLegacy && first.type === "function_call"
      ? { function_call: toLegacyCall(first) }
      : { tool_calls: calls.map(toToolCall) };
  return { count: calls.length, fields };
}
