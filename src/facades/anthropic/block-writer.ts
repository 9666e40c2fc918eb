/**
 * The blocks of a streamed message, from the events of its items in their order. A block opens with
 * its first content, and what the deltas left out comes with the item that is whole.
 */
import type { ItemEvent } from "../../protocol/events.ts";
import type { CustomToolCallItem, FunctionCallItem, OutputItem } from "../../protocol/items.ts";
import type { JsonObject } from "../../protocol/json.ts";
import {
  argumentsOf,
  isSearch,
  partSeparator,
  type Seen,
  toCitations,
  toSearch,
  toSummary,
  toText,
  toToolUse,
} from "./answer.ts";
import type { PlacedEvent } from "./item-order.ts";
import type { MessagesOptions } from "./request.ts";
import { createCutter } from "./stop-sequences.ts";
import { toSignature } from "./thinking.ts";

type Format = (event: JsonObject & { readonly type: string }) => string;

export interface BlockWriter {
  write(event: PlacedEvent): string;
  /** Closes what an item without its end left open. */
  close(): string;
  seen(): Seen;
}

export function createBlockWriter(
  { thinking, stopSequences }: Pick<MessagesOptions, "thinking" | "stopSequences">,
  format: Format,
): BlockWriter {
  const cutter = createCutter(stopSequences);
  let index = -1;
  let isOpen = false;
  /** Deltas of the open item have gone out; of a call, their text. */
  let isSaid = false;
  let saidArguments = "";
  let summaryPart = -1;
  let hasCalls = false;
  let hasRefused = false;
  let searches = 0;

  const start = (block: JsonObject): string => {
    if (isOpen) return "";
    isOpen = true;
    index += 1;
    return format({ type: "content_block_start", index, content_block: block });
  };
  const delta = (content: JsonObject): string =>
    format({ type: "content_block_delta", index, delta: content });
  const stop = (): string => {
    if (!isOpen) return "";
    isOpen = false;
    return format({ type: "content_block_stop", index });
  };

  const speak = (text: string): string =>
    text === "" ? "" : start({ type: "text", text: "" }) + delta({ type: "text_delta", text });
  const think = (text: string): string =>
    text === "" ? "" : startThinking() + delta({ type: "thinking_delta", thinking: text });
  const startThinking = (): string => start({ type: "thinking", thinking: "", signature: "" });
  const argue = (partial: string): string =>
    partial === "" ? "" : delta({ type: "input_json_delta", partial_json: partial });

  const summaryDelta = (part: number, text: string): string => {
    if (thinking !== "shown" || text === "") return "";
    const gap = isSaid && part !== summaryPart ? partSeparator : "";
    isSaid = true;
    summaryPart = part;
    return think(gap + text);
  };

  const beginCall = (item: FunctionCallItem | CustomToolCallItem): string => {
    hasCalls = true;
    return start(toToolUse(item));
  };
  const endCall = (item: FunctionCallItem | CustomToolCallItem): string => {
    const whole = argumentsOf(item);
    const opened = beginCall(item);
    const missing = whole.startsWith(saidArguments) ? whole.slice(saidArguments.length) : "";
    return opened + argue(missing) + stop();
  };

  const endReasoning = (item: OutputItem, { encrypted_content: sealed }: JsonObject): string => {
    if (thinking === "none" || item.type !== "reasoning") return "";
    const summary = isSaid || thinking === "omitted" ? "" : think(toSummary(item.summary));
    const signature = toSignature(sealed);
    if (signature === "") return summary + stop();
    return `${summary + startThinking() + delta({ type: "signature_delta", signature })}${stop()}`;
  };

  const endMessage = (item: OutputItem): string => {
    if (item.type !== "message") return "";
    hasRefused ||= item.content.some(({ refusal }) => refusal !== undefined);
    const said = isSaid ? "" : speak(cutter.take(toText(item.content)));
    const rest = speak(cutter.rest());
    const citations = isOpen && cutter.hit === undefined ? toCitations(item.content) : [];
    return (
      said +
      rest +
      citations.map((citation) => delta({ type: "citations_delta", citation })).join("") +
      stop()
    );
  };

  const search = (raw: JsonObject): string => {
    const { use, query, result } = toSearch(raw);
    searches += 1;
    return start(use) + argue(JSON.stringify(query)) + stop() + start(result) + stop();
  };

  const endItem = ({ item, rawItem }: ItemEvent): string => {
    switch (item.type) {
      case "message":
        return endMessage(item);
      case "reasoning":
        return endReasoning(item, rawItem);
      case "function_call":
      case "custom_tool_call":
        return endCall(item);
      default:
        return isSearch(rawItem) ? search(rawItem) : stop();
    }
  };

  /** The text is over; nothing after a stop sequence is the answer's. */
  const close = (): string => speak(cutter.rest()) + stop();
  const forget = (): void => {
    isSaid = false;
    saidArguments = "";
    summaryPart = -1;
  };

  return {
    write(event) {
      if (cutter.hit !== undefined) return "";
      switch (event.type) {
        case "response.output_item.added": {
          const left = close();
          forget();
          return event.item.type === "function_call" ? left + beginCall(event.item) : left;
        }
        case "response.output_text.delta":
        case "response.refusal.delta": {
          isSaid = true;
          hasRefused ||= event.type === "response.refusal.delta";
          const said = speak(cutter.take(event.delta));
          return cutter.hit === undefined ? said : said + stop();
        }
        case "response.reasoning_summary_text.delta":
          return summaryDelta(event.summary_index, event.delta);
        case "response.function_call_arguments.delta":
          // Without its begin the call has no block yet; it comes when it is whole.
          if (!isOpen) return "";
          saidArguments += event.delta;
          return argue(event.delta);
        case "response.output_item.done": {
          const text = endItem(event);
          forget();
          return text;
        }
        default:
          return "";
      }
    },
    close,
    seen: () => ({ stop: cutter.hit, hasCalls, hasRefused, searches }),
  };
}
