/**
 * Whether the text of the open item, a message or a thought, has gone out by deltas. An upstream may
 * send an item whole, in `response.output_item.done` alone; its text must not be lost, and must not
 * be said twice.
 */

export class Speech {
  #isSaid = false;

  /** An item begins. */
  open(): "" {
    this.#isSaid = false;
    return "";
  }

  /** A delta of it has gone out. */
  say(): void {
    this.#isSaid = true;
  }

  /** The parts of the finished item, where no delta has told them. */
  unsaid<Part>(parts: readonly Part[]): readonly Part[] {
    const rest = this.#isSaid ? [] : parts;
    this.#isSaid = false;
    return rest;
  }
}
