/**
 * Events to `chat.completion.chunk` text. The constant head and tail of a chunk are serialised once
 * a stream, and a text delta is spliced in as the literal that came from the upstream: a third of
 * the cost of building and stringifying each chunk. `tests/facades/openai/chat-stream.test.ts`
 * proves it equal to the plain form.
 */
import type { ItemEvent, SuccessEvent } from "../../protocol/events.ts";
import type { Frame } from "../../protocol/frame.ts";
import { formatData } from "../../protocol/sse.ts";
import { deltaLiteral } from "../delta-literal.ts";
import type { Encoder, Stamp } from "../facade.ts";
import { createSpeech } from "../speech.ts";
import {
  reasoningSeparator,
  thinkTags,
  toChatAnnotation,
  toChatImage,
  toChatUsage,
  toFinishReason,
  toServiceTier,
} from "./chat-answer.ts";
import { createCallStream } from "./chat-calls.ts";
import type { ChatOptions } from "./chat-request.ts";
import { openAiErrorBody } from "./error.ts";

export function createChatEncoder(options: ChatOptions, stamp: Stamp): Encoder {
  const identity = {
    id: stamp.id,
    object: "chat.completion.chunk",
    created: stamp.created,
    model: stamp.model,
  };
  const head = `data: ${JSON.stringify(identity).slice(0, -1)},"choices":[{"index":0,"delta":`;
  // With `include_usage` every chunk but the last says that it has none.
  const noUsage = options.includeUsage ? ',"usage":null' : "";
  const tail = `,"logprobs":null,"finish_reason":null}]${noUsage}}\n\n`;
  const contentHead = `${head}{"content":`;

  const calls = createCallStream(options.isLegacy);
  let hasBegun = false;
  let summaryPart: string | undefined;
  let isThinking = false;
  const speech = createSpeech();
  const thoughts = createSpeech();

  const plain = (delta: object): string => head + JSON.stringify(delta) + tail;
  const begin = (): string => {
    if (hasBegun) return "";
    hasBegun = true;
    return plain({ role: "assistant", content: "", refusal: null });
  };
  /** What has to go out before anything but reasoning does. */
  const lead = (): string => {
    if (!isThinking) return begin();
    isThinking = false;
    summaryPart = undefined;
    return plain({ content: thinkTags.close });
  };
  const chunks = (deltas: readonly object[]): string =>
    deltas.length === 0 ? "" : lead() + deltas.map(plain).join("");

  const text = (frame: Frame): string => {
    speech.say();
    const literal = deltaLiteral(frame.data);
    if (literal !== undefined) return `${lead()}${contentHead}${literal}}${tail}`;
    const { event } = frame;
    return event.type === "response.output_text.delta" ? chunks([{ content: event.delta }]) : "";
  };

  const reasoning = (place: string, delta: string): string => {
    if (options.reasoning === "none") return "";
    const gap = summaryPart === undefined || summaryPart === place ? "" : reasoningSeparator;
    summaryPart = place;
    if (options.reasoning === "reasoning_content") {
      return begin() + plain({ reasoning_content: gap + delta });
    }
    const open = isThinking ? "" : thinkTags.open;
    isThinking = true;
    return begin() + plain({ content: open + gap + delta });
  };

  const item = (event: ItemEvent): string => {
    const { item: whole } = event;
    if (whole.type === "image_generation_call") {
      const isDone = event.type === "response.output_item.done" && whole.result !== "";
      return isDone ? chunks([{ images: [toChatImage(whole)] }]) : "";
    }
    if (whole.type === "reasoning") {
      if (event.type === "response.output_item.added") return thoughts.open();
      return thoughts
        .unsaid(whole.summary)
        .map(({ text: said }, part) => reasoning(`${event.output_index}.${part}`, said))
        .join("");
    }
    if (whole.type !== "message") return chunks(calls.item(event));
    if (event.type === "response.output_item.added") return speech.open();
    return chunks(
      speech
        .unsaid(whole.content)
        .flatMap(({ text: said, refusal }): object[] => [
          ...(said ? [{ content: said }] : []),
          ...(refusal ? [{ refusal }] : []),
        ]),
    );
  };

  const finish = ({ response }: SuccessEvent): string => {
    const reason = toFinishReason(response, { count: calls.count, isLegacy: options.isLegacy });
    const tier = toServiceTier(response);
    const known = tier.service_tier === undefined ? "" : JSON.stringify(tier).slice(1, -1);
    const extra = known === "" ? "" : `,${known}`;
    const last = `${head}{},"logprobs":null,"finish_reason":"${reason}"}]${extra}${noUsage}}\n\n`;
    const usage = toChatUsage(response.usage);
    if (!options.includeUsage || usage === undefined) return lead() + last;
    return lead() + last + formatData(JSON.stringify({ ...identity, choices: [], ...tier, usage }));
  };

  return {
    write(frame) {
      if (frame.type === "response.output_text.delta") return text(frame);
      if (!read.has(frame.type)) return "";
      const { event } = frame;
      switch (event.type) {
        case "response.output_item.added":
        case "response.output_item.done":
          return item(event);
        case "response.refusal.delta":
          speech.say();
          return chunks([{ refusal: event.delta }]);
        case "response.reasoning_summary_text.delta":
          thoughts.say();
          return reasoning(`${event.output_index}.${event.summary_index}`, event.delta);
        case "response.function_call_arguments.delta":
        case "response.custom_tool_call_input.delta":
          return chunks(calls.delta(event.output_index, event.delta));
        case "response.output_text.annotation.added": {
          const annotation = toChatAnnotation(event.annotation);
          return annotation === undefined ? "" : chunks([{ annotations: [annotation] }]);
        }
        case "response.completed":
        case "response.incomplete":
          return finish(event);
        // The opening notices say nothing that a chunk could carry, and failures go out by `fail`.
        case "response.created":
        case "response.in_progress":
        case "response.queued":
        case "response.output_text.delta":
        case "response.failed":
        case "error":
        case "unmodelled":
          return "";
        default:
          return event satisfies never;
      }
    },
    end: () => "data: [DONE]\n\n",
    fail: (error) => formatData(JSON.stringify(openAiErrorBody(error))),
  };
}

/** Only these are parsed; the others cost a look at their name. */
const read: ReadonlySet<string> = new Set([
  "response.output_item.added",
  "response.output_item.done",
  "response.refusal.delta",
  "response.reasoning_summary_text.delta",
  "response.function_call_arguments.delta",
  "response.custom_tool_call_input.delta",
  "response.output_text.annotation.added",
  "response.completed",
  "response.incomplete",
]);
