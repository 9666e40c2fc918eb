/**
 * Events to `chat.completion.chunk` text. The constant head and tail of a chunk are serialised once
 * a stream, and a text delta is spliced in as the literal that came from the upstream: a third of
 * the cost of building and stringifying each chunk. `tests/facades/openai/chat-stream.test.ts`
 * proves it equal to the plain form.
 */
import type { RelayError } from "../../errors.ts";
import type { ItemEvent, SuccessEvent } from "../../protocol/events.ts";
import type { Frame } from "../../protocol/frame.ts";
import { formatData } from "../../protocol/sse.ts";
import { deltaLiteral } from "../delta-literal.ts";
import type { Encoder, Stamp } from "../facade.ts";
import { Speech } from "../speech.ts";
import {
  reasoningSeparator,
  thinkTags,
  toChatAnnotation,
  toChatImage,
  toChatUsage,
  toFinishReason,
  toServiceTier,
} from "./chat-answer.ts";
import { type CallStream, createCallStream } from "./chat-calls.ts";
import type { ChatOptions } from "./chat-request.ts";
import { openAiErrorBody } from "./error.ts";

export function createChatEncoder(options: ChatOptions, stamp: Stamp): Encoder {
  return new ChatEncoder(options, stamp);
}

class ChatEncoder implements Encoder {
  readonly #options: ChatOptions;
  readonly #identity: object;
  /** With `include_usage` every chunk but the last says that it has none. */
  readonly #noUsage: string;
  readonly #head: string;
  readonly #tail: string;
  readonly #contentHead: string;
  readonly #contentTail: string;
  readonly #calls: CallStream;
  readonly #speech = new Speech();
  readonly #thoughts = new Speech();
  #hasBegun = false;
  #summaryPart: string | undefined;
  #isThinking = false;

  constructor(options: ChatOptions, { id, created, model }: Stamp) {
    this.#options = options;
    this.#calls = createCallStream(options.isLegacy);
    this.#identity = { id, object: "chat.completion.chunk", created, model };
    const identity = JSON.stringify(this.#identity).slice(0, -1);
    this.#head = `data: ${identity},"choices":[{"index":0,"delta":`;
    this.#noUsage = options.includeUsage ? ',"usage":null' : "";
    this.#tail = `,"logprobs":null,"finish_reason":null}]${this.#noUsage}}\n\n`;
    this.#contentHead = `${this.#head}{"content":`;
    this.#contentTail = `}${this.#tail}`;
  }

  write(frame: Frame): string {
    if (frame.type === "response.output_text.delta") return this.#text(frame);
    if (!read.has(frame.type)) return "";
    const { event } = frame;
    switch (event.type) {
      case "response.output_item.added":
      case "response.output_item.done":
        return this.#item(event);
      case "response.refusal.delta":
        this.#speech.say();
        return this.#chunks([{ refusal: event.delta }]);
      case "response.reasoning_summary_text.delta":
        this.#thoughts.say();
        return this.#reasoning(`${event.output_index}.${event.summary_index}`, event.delta);
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta":
        return this.#chunks(this.#calls.delta(event.output_index, event.delta));
      case "response.output_text.annotation.added": {
        const annotation = toChatAnnotation(event.annotation);
        return annotation === undefined ? "" : this.#chunks([{ annotations: [annotation] }]);
      }
      case "response.completed":
      case "response.incomplete":
        return this.#finish(event);
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
  }

  end(): string {
    return "data: [DONE]\n\n";
  }

  fail(error: RelayError): string {
    return formatData(JSON.stringify(openAiErrorBody(error)));
  }

  #text(frame: Frame): string {
    this.#speech.say();
    const literal = deltaLiteral(frame.data);
    if (literal !== undefined) {
      return `${this.#lead()}${this.#contentHead}${literal}${this.#contentTail}`;
    }
    const { event } = frame;
    const isDelta = event.type === "response.output_text.delta";
    return isDelta ? this.#chunks([{ content: event.delta }]) : "";
  }

  #reasoning(place: string, delta: string): string {
    const { reasoning } = this.#options;
    if (reasoning === "none") return "";
    const isNext = this.#summaryPart !== undefined && this.#summaryPart !== place;
    const text = isNext ? reasoningSeparator + delta : delta;
    this.#summaryPart = place;
    if (reasoning === "reasoning_content") {
      return this.#begin() + this.#plain({ reasoning_content: text });
    }
    const open = this.#isThinking ? "" : thinkTags.open;
    this.#isThinking = true;
    return this.#begin() + this.#plain({ content: open + text });
  }

  #item(event: ItemEvent): string {
    const { item: whole } = event;
    if (whole.type === "image_generation_call") {
      const isDone = event.type === "response.output_item.done" && whole.result !== "";
      return isDone ? this.#chunks([{ images: [toChatImage(whole)] }]) : "";
    }
    if (whole.type === "reasoning") {
      if (event.type === "response.output_item.added") return this.#thoughts.open();
      return this.#thoughts
        .unsaid(whole.summary)
        .map(({ text: said }, part) => this.#reasoning(`${event.output_index}.${part}`, said))
        .join("");
    }
    if (whole.type !== "message") return this.#chunks(this.#calls.item(event));
    if (event.type === "response.output_item.added") return this.#speech.open();
    return this.#chunks(
      this.#speech
        .unsaid(whole.content)
        .flatMap(({ text: said, refusal }): object[] => [
          ...(said ? [{ content: said }] : []),
          ...(refusal ? [{ refusal }] : []),
        ]),
    );
  }

  #finish({ response }: SuccessEvent): string {
    const { includeUsage, isLegacy } = this.#options;
    const reason = toFinishReason(response, { count: this.#calls.count, isLegacy });
    const tier = toServiceTier(response);
    const known = tier.service_tier === undefined ? "" : JSON.stringify(tier).slice(1, -1);
    const extra = known === "" ? "" : `,${known}`;
    const end = `{},"logprobs":null,"finish_reason":"${reason}"}]${extra}${this.#noUsage}}\n\n`;
    const last = this.#lead() + this.#head + end;
    const usage = toChatUsage(response.usage);
    if (!includeUsage || usage === undefined) return last;
    return last + formatData(JSON.stringify({ ...this.#identity, choices: [], ...tier, usage }));
  }

  #plain(delta: object): string {
    return this.#head + JSON.stringify(delta) + this.#tail;
  }

  #chunks(deltas: readonly object[]): string {
    if (deltas.length === 0) return "";
    return this.#lead() + deltas.map((delta) => this.#plain(delta)).join("");
  }

  #begin(): string {
    if (this.#hasBegun) return "";
    this.#hasBegun = true;
    return this.#plain({ role: "assistant", content: "", refusal: null });
  }

  /** What has to go out before anything but reasoning does. */
  #lead(): string {
    if (!this.#isThinking) return this.#begin();
    this.#isThinking = false;
    this.#summaryPart = undefined;
    return this.#plain({ content: thinkTags.close });
  }
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
