/**
 * The body of an answer as text, one piece for each read of the network. An iterator by hand: Node's
 * own over a stream, with one of ours above it, costs six promises and as many turns of the microtask
 * queue a read, a sixth of what a paced stream cost in all.
 */
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

export interface TextLimits {
  /** What a failure of the connection means. */
  toError(error: unknown): unknown;
  /** How long a line may stay without its end; one that has grown past `dripBytes` is no drip. */
  readonly silenceMs: number;
  /** What it means that it took longer. */
  toSilence(): unknown;
}

const lineFeed = 10;

/** A picture is one line of megabytes, and a slow network may need minutes for it. */
const dripBytes = 65_536;

/** `return` leaves the rest unread. */
export function readText(
  body: Readable,
  { toError, silenceMs, toSilence }: TextLimits,
): AsyncIterableIterator<string> {
  // Keeps the bytes of a character that is cut by two reads; a third of TextDecoder's cost.
  const decoder = new StringDecoder("utf8");
  const done: IteratorResult<string> = { done: true, value: undefined };
  let failure: { readonly error: unknown } | undefined;
  let hasEnded = false;
  let wake: (() => void) | undefined;
  /** A byte a minute keeps a limit on single reads from ever being met. */
  let waitedMs = 0;
  let lineBytes = 0;

  const checkDrip = (part: Buffer, askedAt: number): void => {
    if (part.includes(lineFeed)) {
      waitedMs = 0;
      lineBytes = 0;
      return;
    }
    // Only our own waiting: the time that our reader took is not the upstream's silence.
    waitedMs += performance.now() - askedAt;
    lineBytes += part.length;
    if (waitedMs <= silenceMs || lineBytes > dripBytes) return;
    hasEnded = true;
    body.destroy();
    throw toSilence();
  };

  const change = (): void => {
    wake?.();
    wake = undefined;
  };
  body.on("readable", change);
  body.on("error", (error) => {
    failure ??= { error };
    change();
  });
  for (const end of ["end", "close"]) {
    body.on(end, () => {
      hasEnded = true;
      change();
    });
  }
  const changed = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const askedAt = performance.now();
      for (;;) {
        // What came before a failure is given first.
        const part = body.read() as Buffer | null;
        if (part !== null) {
          checkDrip(part, askedAt);
          return { done: false, value: decoder.write(part) };
        }
        if (failure !== undefined) throw toError(failure.error);
        if (hasEnded) return done;
        await changed();
      }
    },
    async return() {
      hasEnded = true;
      body.destroy();
      return done;
    },
  };
}
