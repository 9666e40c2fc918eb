/**
 * The body of an answer as text, one piece for all that one read of the network brought, and as what a
 * reader makes of it. One iterator by hand, fed by undici's own callbacks: Node's over a body stream,
 * with one of ours above it, costs six promises a read, a sixth of what a paced stream cost in all.
 */
import { StringDecoder } from "node:string_decoder";

export interface BodyTextOptions {
  /** What a failure of the connection means. */
  toError(error: unknown): unknown;
  /** How long a line may stay without its end; one that has grown past `dripBytes` is no drip. */
  readonly silenceMs: number;
  /** What it means that it took longer. */
  toSilence(): unknown;
  /** The network, which waits while the reader is behind. */
  readonly source: BodySource;
}

export interface BodySource {
  pause(): void;
  resume(): void;
  /** The rest is not wanted. */
  abort(reason: Error): void;
}

/** What becomes of the text: frames, say; undefined where it completes none. */
export interface TextReader<Piece> {
  read(text: string): Piece | undefined;
  /** What an end without more text completes. */
  end(): Piece | undefined;
}

export interface BodyText {
  push(part: Buffer): void;
  end(): void;
  fail(error: unknown): void;
  /** Once; `return` leaves the rest unread. */
  pieces<Piece>(reader: TextReader<Piece>): AsyncIterableIterator<Piece>;
}

const lineFeed = 10;

/** A picture is one line of megabytes, and a slow network may need minutes for it. */
const dripBytes = 65_536;

/** What may lie here unread, as much as a socket holds; then the network waits. */
const heldBytes = 65_536;

/** Made once: its stack would cost more than the abort itself. */
const unwanted = new Error("The rest of the answer is not read.");

export function createBodyText(options: BodyTextOptions): BodyText {
  const { toError, silenceMs, toSilence, source } = options;
  // Keeps the bytes of a character that is cut by two reads; a third of TextDecoder's cost.
  const decoder = new StringDecoder("utf8");
  const done: IteratorReturnResult<undefined> = { done: true, value: undefined };
  let held = "";
  let bytes = 0;
  let hasLineEnd = false;
  let failure: { readonly error: unknown } | undefined;
  let hasEnded = false;
  /** The reader was told of the end. */
  let isOver = false;
  let wake: (() => void) | undefined;
  /** A byte a minute keeps a limit on single reads from ever being met. */
  let waitedMs = 0;
  let lineBytes = 0;

  const change = (): void => {
    wake?.();
    wake = undefined;
  };
  const leave = (): void => {
    if (!hasEnded) source.abort(unwanted);
    hasEnded = true;
    isOver = true;
    held = "";
  };

  const checkDrip = (askedAt: number): void => {
    if (hasLineEnd) {
      waitedMs = 0;
      lineBytes = 0;
      return;
    }
    // Only our own waiting: the time that our reader took is not the upstream's silence.
    waitedMs += performance.now() - askedAt;
    lineBytes += bytes;
    if (waitedMs <= silenceMs || lineBytes > dripBytes) return;
    leave();
    throw toSilence();
  };

  const pieces: BodyText["pieces"] = (reader) => ({
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      let askedAt = performance.now();
      for (;;) {
        // What came before a failure is given first.
        if (bytes > 0) {
          checkDrip(askedAt);
          const text = held;
          if (bytes > heldBytes) source.resume();
          held = "";
          bytes = 0;
          hasLineEnd = false;
          const value = reader.read(text);
          if (value === undefined) {
            askedAt = performance.now();
            continue;
          }
          return { done: false, value };
        }
        if (failure !== undefined) throw toError(failure.error);
        if (hasEnded) {
          const value = isOver ? undefined : reader.end();
          isOver = true;
          return value === undefined ? done : { done: false, value };
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async return() {
      leave();
      bytes = 0;
      change();
      return done;
    },
  });

  return {
    push(part) {
      if (hasEnded) return;
      held += decoder.write(part);
      bytes += part.length;
      hasLineEnd ||= part.includes(lineFeed);
      if (bytes > heldBytes) source.pause();
      change();
    },
    end() {
      hasEnded = true;
      change();
    },
    fail(error) {
      if (!hasEnded) failure ??= { error };
      change();
    },
    pieces,
  };
}
