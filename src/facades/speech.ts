/**
 * Whether the text of the open item, a message or a thought, has gone out by deltas. An upstream may
 * send an item whole, in `response.output_item.done` alone; its text must not be lost, and must not
 * be said twice.
 */

export interface Speech {
  /** An item begins. */
  open(): "";
  /** A delta of it has gone out. */
  say(): void;
  /** The parts of the finished item, where no delta has told them. */
  unsaid<Part>(parts: readonly Part[]): readonly Part[];
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
    unsaid(parts) {
      const rest = isSaid ? [] : parts;
      isSaid = false;
      return rest;
    },
  };
}
