/**
 * The time inside a paced delta: microseconds of the machine's monotonic clock, which is the same in
 * every process, between two `@`. The upstream writes it when it sends, the load reads it on arrival.
 */

const digits = 16;
const form = /@(\d{16})@/g;

/** As wide as every other stamp. */
export function stamp(): string {
  return `@${String(nowUs()).padStart(digits, "0")}@`;
}

export interface StampReader {
  /** The ages, in milliseconds, of the stamps that this text completes. */
  read(text: string): number[];
}

/** Reads stamps from a text that comes in pieces. */
export function createStampReader(): StampReader {
  let rest = "";
  return {
    read(text) {
      const whole = rest + text;
      const ages: number[] = [];
      let end = 0;
      for (const match of whole.matchAll(form)) {
        ages.push((nowUs() - Number(match[1])) / 1000);
        end = match.index + match[0].length;
      }
      // One stamp may be cut by two reads.
      rest = whole.slice(Math.max(end, whole.length - digits - 1));
      return ages;
    },
  };
}

function nowUs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000_000 + Math.floor(nanoseconds / 1000);
}
