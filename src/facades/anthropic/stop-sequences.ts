/**
 * Ends the text of an answer at the client's stop sequences, which the upstream does not know. Gets
 * the text in any pieces, and cuts it at the same place.
 */

export interface Cutter {
  /** The text that may go out now; nothing once a sequence has come. */
  take(text: string): string;
  /** What was held back as the possible begin of a sequence; the text is over. */
  rest(): string;
  /** The sequence that came. */
  readonly hit: string | undefined;
}

export function createCutter(stops: readonly string[]): Cutter {
  let pending = "";
  let hit: string | undefined;
  return {
    take(text) {
      if (hit !== undefined) return "";
      if (stops.length === 0) return text;
      pending += text;
      const found = firstOf(stops, pending);
      hit = found?.stop;
      const length = found?.at ?? pending.length - heldLength(stops, pending);
      const out = pending.slice(0, length);
      pending = found === undefined ? pending.slice(length) : "";
      return out;
    },
    rest() {
      const out = pending;
      pending = "";
      return out;
    },
    get hit() {
      return hit;
    },
  };
}

/** The sequence that is complete first, as one that reads along would notice. */
function firstOf(stops: readonly string[], text: string): { stop: string; at: number } | undefined {
  const found = stops.flatMap((stop) => {
    const at = text.indexOf(stop);
    return at === -1 ? [] : [{ stop, at, end: at + stop.length }];
  });
  return found.sort((a, b) => a.end - b.end || a.at - b.at)[0];
}

/** How much of the end may be the begin of a sequence. */
function heldLength(stops: readonly string[], text: string): number {
  const lengths = stops.map((stop) => {
    let length = Math.min(stop.length - 1, text.length);
    while (length > 0 && !text.endsWith(stop.slice(0, length))) length -= 1;
    return length;
  });
  return Math.max(0, ...lengths);
}
