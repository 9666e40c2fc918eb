/** `/v1/chat/completions`: the facade, and the whole answer made from a folded response. */
import type { ResponseSnapshot } from "../../protocol/events.ts";
import { type OutputItem, toOutputItem } from "../../protocol/items.ts";
import type { JsonObject } from "../../protocol/json.ts";
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
  const { refusals, annotations, images, summary } = gather(items);
  const calls = callsOf(items, options.isLegacy);
  const content = contentOf(items, options.reasoning);
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

interface Gathered {
  readonly refusals: string[];
  readonly annotations: JsonObject[];
  readonly images: JsonObject[];
  readonly summary: string[];
}

/** What a message has besides its text. In one pass: a `flatMap` for each was 1 % of a small request. */
function gather(items: readonly OutputItem[]): Gathered {
  const gathered: Gathered = { refusals: [], annotations: [], images: [], summary: [] };
  for (const item of items) {
    if (item.type === "message") {
      for (const { refusal, annotations = [] } of item.content) {
        if (refusal !== undefined) gathered.refusals.push(refusal);
        for (const each of annotations) {
          const annotation = toChatAnnotation(each);
          if (annotation !== undefined) gathered.annotations.push(annotation);
        }
      }
    } else if (item.type === "image_generation_call") {
      if (item.result !== "") gathered.images.push(toChatImage(item));
    } else if (item.type === "reasoning") {
      for (const { text } of item.summary) gathered.summary.push(text);
    }
  }
  return gathered;
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
      if (item.type !== "message") continue;
      for (const { text } of item.content) if (text !== undefined) content = (content ?? "") + text;
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
