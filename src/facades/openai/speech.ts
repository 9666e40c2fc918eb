/**
 * Whether the text of the open message has gone out by deltas. An upstream may send a message whole,
 * in `response.output_item.done` alone; its text must not be lost, and must not be said twice.
 */
import type { MessageItem, OutputItem } from "../../protocol/items.ts";

export interface Speech {
  /** A message begins. */
  open(): "";
  /** A delta of it has gone out. */
  say(): void;
  /** The parts of the finished item that no delta has told. */
  unsaid(item: OutputItem): MessageItem["content"];
}

export function createSpeech(): Speech {
  let isSaid = false;
  return {
    open() {
      isSaid = false;
      return "";
    },
    say() {
      isSaid = true;
    },
    unsaid(item) {
      if (item.type !== "message") return [];
      const rest = isSaid ? [] : item.content;
      isSaid = false;
      return rest;
    },
  };
}
