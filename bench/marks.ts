/** Counts texts in bytes that come in pieces, cheaply enough to check every stream of a load. */
import type { Mark } from "./dialects.ts";

export interface MarkCounter {
  add(piece: Buffer): void;
  /** What was expected and not found, as a sentence; undefined when all is right. */
  complaint(): string | undefined;
}

export function createMarkCounter(marks: readonly Mark[]): MarkCounter {
  const counters = marks.map((mark) => ({ mark, ...createCounter(mark.text) }));
  return {
    add(piece) {
      for (const counter of counters) counter.add(piece);
    },
    complaint() {
      const wrong = counters.find(({ mark, count }) => count() !== mark.times);
      if (wrong === undefined) return undefined;
      const { text, times } = wrong.mark;
      return `${JSON.stringify(text)} came ${wrong.count()} times instead of ${times}`;
    },
  };
}

function createCounter(text: string): { add(piece: Buffer): void; count(): number } {
  const bytes = Buffer.from(text);
  const overlap = bytes.length - 1;
  let rest: Buffer = Buffer.alloc(0);
  let total = 0;
  return {
    add(piece) {
      // The seam is too short on either side to hold the text whole: it finds what lies across.
      total += occurrences(Buffer.concat([rest, piece.subarray(0, overlap)]), bytes);
      total += occurrences(piece, bytes);
      const last = piece.length >= overlap ? piece : Buffer.concat([rest, piece]);
      rest = last.subarray(Math.max(0, last.length - overlap));
    },
    count: () => total,
  };
}

function occurrences(piece: Buffer, bytes: Buffer): number {
  let found = 0;
  for (let at = piece.indexOf(bytes); at !== -1; at = piece.indexOf(bytes, at + bytes.length)) {
    found += 1;
  }
  return found;
}
