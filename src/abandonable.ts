/** Work that goes on although nobody waits for it any more. */
import type { Cancellation } from "./cancellation.ts";

/** The promise, or the signal's abort: the work itself goes on, because its token may be spent. */
export async function abandonable<T>(
  work: Promise<T>,
  signal: Cancellation | undefined,
): Promise<T> {
  if (signal === undefined) return work;
  let leave: (() => void) | undefined;
  const abort = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  });
  try {
    return await Promise.race([work, abort]);
  } finally {
    if (leave !== undefined) signal.removeEventListener("abort", leave);
  }
}
