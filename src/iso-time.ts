/** Times as the log writes them. */

/** The second that was written out last, as far as its dot. */
let last = { second: Number.NaN, text: "" };

/** Of milliseconds since the epoch. Each request has several, and writing one out in whole costs 0.5 us. */
export function isoTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== last.second) {
    last = { second, text: new Date(second * 1000).toISOString().slice(0, -4) };
  }
  return `${last.text}${String(Math.floor(ms) - second * 1000).padStart(3, "0")}Z`;
}
