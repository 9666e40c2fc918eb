/**
 * Events to this dialect's stream: `message_start`, blocks one after the other, `message_delta`,
 * `message_stop`. Text that breaks off gets neither of the last two, so that it cannot look whole.
 */
import type { SuccessEvent } from "../../protocol/events.ts";
import type { Frame } from "../../protocol/frame.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { formatFrame } from "../../protocol/sse.ts";
import type { Encoder, Stamp } from "../facade.ts";
import { toStop, toUsage } from "./answer.ts";
import { createBlockWriter } from "./block-writer.ts";
import { anthropicError } from "./error.ts";
import { createItemOrder } from "./item-order.ts";
import type { MessagesOptions } from "./request.ts";

export const ping = formatEvent({ type: "ping" });

export function createMessagesEncoder(options: MessagesOptions, stamp: Stamp): Encoder {
  const order = createItemOrder();
  const writer = createBlockWriter(options, formatEvent);
  let hasBegun = false;

  const begin = (): string => {
    if (hasBegun) return "";
    hasBegun = true;
    const usage = { input_tokens: options.estimate(), output_tokens: 0 };
    const message = {
      id: stamp.id,
      type: "message",
      role: "assistant",
      model: options.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: toUsage(usage, {}, 0),
    };
    return formatEvent({ type: "message_start", message }) + ping;
  };

  const finish = ({ response }: SuccessEvent): string => {
    const blocks = order.rest().map(writer.write).join("") + writer.close();
    const seen = writer.seen();
    const usage = toUsage(response.usage, response, seen.searches);
    return blocks + formatEvent({ type: "message_delta", delta: toStop(response, seen), usage });
  };

  return {
    write(frame: Frame) {
      if (!read.has(frame.type)) return begin();
      const { event } = frame;
      switch (event.type) {
        case "response.output_item.added":
        case "response.output_item.done":
        case "response.output_text.delta":
        case "response.refusal.delta":
        case "response.reasoning_summary_text.delta":
        case "response.function_call_arguments.delta":
          return begin() + order.take(event).map(writer.write).join("");
        case "response.completed":
        case "response.incomplete":
          return begin() + finish(event);
        default:
          return begin();
      }
    },
    end: () => formatEvent({ type: "message_stop" }),
    fail: (error) => formatEvent({ type: "error", error: anthropicError(error) }),
  };
}

function formatEvent(event: JsonObject & { readonly type: string }): string {
  return formatFrame(event.type, JSON.stringify(event));
}

/** Only these are parsed; the others cost a look at their name. */
const read: ReadonlySet<string> = new Set([
  "response.output_item.added",
  "response.output_item.done",
  "response.output_text.delta",
  "response.refusal.delta",
  "response.reasoning_summary_text.delta",
  "response.function_call_arguments.delta",
  "response.completed",
  "response.incomplete",
]);
