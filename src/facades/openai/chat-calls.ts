/**
 * Tool calls in chat's words: as deltas while they come, and whole. The upstream's argument deltas
 * name neither the call nor the tool, only the place of the item that began before them.
 */
import type { ItemEvent } from "../../protocol/events.ts";
import type { CustomToolCallItem, FunctionCallItem } from "../../protocol/items.ts";

type CallItem = FunctionCallItem | CustomToolCallItem;

/** A whole call, as in a message. */
export function toToolCall(item: CallItem): object {
  const type = item.type === "function_call" ? "function" : "custom";
  return { id: item.call_id, type, ...namedCall(item, argumentsOf(item)) };
}

/** A whole call for clients that speak of `functions`; they know one call and no id. */
export function toLegacyCall(item: FunctionCallItem): object {
  return { name: item.name, arguments: item.arguments };
}

function argumentsOf(item: CallItem): string {
  return item.type === "function_call" ? item.arguments : item.input;
}

function namedCall({ type, name }: CallItem, text: string): object {
  return type === "function_call"
    ? { function: { name, arguments: text } }
    : { custom: { name, input: text } };
}

interface OpenCall {
  readonly index: number;
  readonly kind: CallItem["type"];
  /** Arguments have been sent as they came. */
  isStreamed: boolean;
}

export interface CallStream {
  /** How many calls have begun. */
  readonly count: number;
  /** The deltas that the begin or the end of an item makes. */
  item(event: ItemEvent): object[];
  /** The delta of some more arguments. */
  delta(place: number, text: string): object[];
}

export function createCallStream(isLegacy: boolean): CallStream {
  const calls = new Map<number, OpenCall>();

  const more = ({ index, kind }: OpenCall, text: string): object => {
    if (isLegacy) return { function_call: { arguments: text } };
    const part =
      kind === "function_call" ? { function: { arguments: text } } : { custom: { input: text } };
    return { tool_calls: [{ index, ...part }] };
  };

  const begin = (item: CallItem, place: number): [OpenCall, object] => {
    const call: OpenCall = { index: calls.size, kind: item.type, isStreamed: false };
    calls.set(place, call);
    const type = item.type === "function_call" ? "function" : "custom";
    const first = isLegacy
      ? { function_call: { name: item.name, arguments: "" } }
      : {
          tool_calls: [{ index: call.index, id: item.call_id, type, ...namedCall(item, "") }],
        };
    return [call, first];
  };

  return {
    get count() {
      return calls.size;
    },
    item({ type, item, output_index: place }) {
      if (item.type !== "function_call" && item.type !== "custom_tool_call") return [];
      const deltas: object[] = [];
      if (isLegacy && calls.size === 1 && !calls.has(place)) return [];
      let call = calls.get(place);
      if (call === undefined) {
        const [begun, first] = begin(item, place);
        call = begun;
        deltas.push(first);
      }
      const rest = argumentsOf(item);
      if (type === "response.output_item.done" && !call.isStreamed && rest !== "") {
        deltas.push(more(call, rest));
      }
      return deltas;
    },
    delta(place, text) {
      const call = calls.get(place);
      if (call === undefined) return [];
      call.isStreamed = true;
      return [more(call, text)];
    },
  };
}
