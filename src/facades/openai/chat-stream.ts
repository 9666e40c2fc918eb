/**
 * Events to `chat.completion.chunk` text. The constant head and tail of a chunk are serialised once
 * a stream, and a text delta is spliced in as the literal that came from the upstream: a third of
 * the cost of building and stringifying each chunk. `tests/facades/openai/chat-stream.test.ts`
 * proves it equal to the plain form.
 */
import type { ItemEvent, SuccessEvent } from "../../protocol/events.ts";
import type { Frame } from "../../protocol/frame.ts";
import { formatData } from "../../protocol/sse.ts";
import type { Encoder, Stamp } from "../facade.ts";
import { reasoningSeparator, toChatUsage, toFinishReason } from "./chat-answer.ts";
import type { ChatOptions } from "./chat-request.ts";
import { deltaLiteral } from "./delta-literal.ts";
import { openAiErrorBody } from "./error.ts";

interface StreamedCall {
  readonly index: number;
  /** Arguments have been sent as they came. */
  streamed: boolean;
}

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

  const calls = new Map<number, StreamedCall>();
  let begun = false;
  let summaryPart: string | undefined;

  const begin = (): string => {
    if (begun) return "";
    begun = true;
    return `${head}{"role":"assistant","content":"","refusal":null}${tail}`;
  };
  const chunk = (delta: object): string => begin() + head + JSON.stringify(delta) + tail;

  const text = (frame: Frame): string => {
    const literal = deltaLiteral(frame.data);
    if (literal !== undefined) return `${begin()}${contentHead}${literal}}${tail}`;
    const { event } = frame;
    return event.type === "response.output_text.delta" ? chunk({ content: event.delta }) : "";
  };

  const reasoning = (place: string, delta: string): string => {
    const gap = summaryPart === undefined || summaryPart === place ? "" : reasoningSeparator;
    summaryPart = place;
    return chunk({ reasoning_content: gap + delta });
  };

  const callChunk = (index: number, call: object): string =>
    chunk({ tool_calls: [{ index, ...call }] });

  const item = (event: ItemEvent): string => {
    const { item: call, output_index: place } = event;
    if (call.type !== "function_call") return "";
    let known = calls.get(place);
    let sent = "";
    if (known === undefined) {
      known = { index: calls.size, streamed: false };
      calls.set(place, known);
      sent = callChunk(known.index, {
        id: call.call_id,
        type: "function",
        function: { name: call.name, arguments: "" },
      });
    }
    if (event.type === "response.output_item.done" && !known.streamed && call.arguments !== "") {
      sent += callChunk(known.index, { function: { arguments: call.arguments } });
    }
    return sent;
  };

  const argumentsDelta = (place: number, delta: string): string => {
    const known = calls.get(place);
    if (known === undefined) return "";
    known.streamed = true;
    return callChunk(known.index, { function: { arguments: delta } });
  };

  const finish = (event: SuccessEvent): string => {
    const reason = toFinishReason(event.response, calls.size > 0);
    const last = `${head}{},"logprobs":null,"finish_reason":"${reason}"}]${noUsage}}\n\n`;
    const usage = toChatUsage(event.response.usage);
    if (!options.includeUsage || usage === undefined) return begin() + last;
    return begin() + last + formatData(JSON.stringify({ ...identity, choices: [], usage }));
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
          return chunk({ refusal: event.delta });
        case "response.reasoning_summary_text.delta":
          return reasoning(`${event.output_index}.${event.summary_index}`, event.delta);
        case "response.function_call_arguments.delta":
          return argumentsDelta(event.output_index, event.delta);
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
  "response.completed",
  "response.incomplete",
]);
