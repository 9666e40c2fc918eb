/**
 * Puts the events of output items one item after the other: in this dialect a block is closed before
 * the next one opens, and the upstream may work on several calls at once.
 */
import type { ResponsesEvent } from "../../protocol/events.ts";

/** The events that belong to an item. */
export type PlacedEvent = Extract<ResponsesEvent, { readonly output_index: number }>;

export interface ItemOrder {
  /** The events that may go out now, in their order. */
  take(event: PlacedEvent): PlacedEvent[];
  /** Everything that still waits: no more will come. */
  rest(): PlacedEvent[];
}

export function createItemOrder(): ItemOrder {
  let open: number | undefined;
  const waiting = new Map<number, PlacedEvent[]>();
  const closed = new Set<number>();

  const pass = (event: PlacedEvent): PlacedEvent[] => {
    open = event.output_index;
    if (event.type !== "response.output_item.done") return [event];
    open = undefined;
    if (event.hasIndex) closed.add(event.output_index);
    return [event, ...next()];
  };
  const next = (): PlacedEvent[] => {
    const [first] = waiting;
    if (first === undefined) return [];
    const [place, events] = first;
    waiting.delete(place);
    return events.flatMap(pass);
  };

  return {
    take(event) {
      const place = event.output_index;
      // An item is told once: what comes for it later has no block to go to.
      if (closed.has(place)) return [];
      if (open === undefined || open === place) return pass(event);
      const queue = waiting.get(place) ?? [];
      queue.push(event);
      waiting.set(place, queue);
      return [];
    },
    rest() {
      const events = [...waiting.values()].flat();
      waiting.clear();
      return events;
    },
  };
}
