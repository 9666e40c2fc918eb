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

/** A picture is one line of megabytes, and a slow network may need minutes for it. */
const dripBytes = 65_536;

/** What may lie here unread, as much as a socket holds; then the network waits. */
const heldBytes = 65_536;

/** Cheaper than `queueMicrotask`, which makes an async resource each time. */
const atOnce = Promise.resolve();

/** Made once: its stack would cost more than the abort itself. */
const unwanted = new Error("The rest of the answer is not read.");

export function createBodyText(options: BodyTextOptions): BodyText {
  const { toError, silenceMs, toSilence, source } = options;
  // Keeps the bytes of a character that is cut by two reads; a third of TextDecoder's cost.
  const decoder = new StringDecoder("utf8");
  const done: IteratorReturnResult<undefined> = { done: true, value: undefined };
  let held = "";
  let bytes = 0;
  let failure: { readonly error: unknown } | undefined;
  let hasEnded = false;
  /** The reader was told of the end. */
  let isOver = false;
  /** Takes what there is, for a reader that waits. */
  let settle: (() => void) | undefined;
  let isSettling = false;
  let askedAt = 0;
  /** The last read ended within a line. */
  let isLineOpen = false;
  /** A byte a minute keeps a limit on single reads from ever being met. */
  let waitedMs = 0;
  let lineBytes = 0;

  /** Once for all that one read of the network brings, which may come in many parts. */
  const change = (): void => {
    if (settle === undefined || isSettling) return;
    isSettling = true;
    void atOnce.then(wake);
  };
  const wake = (): void => {
    isSettling = false;
    settle?.();
  };
  const leave = (): void => {
    if (!hasEnded) source.abort(unwanted);
    hasEnded = true;
    isOver = true;
    held = "";
  };

  /** No look at the clock while each read ends a line, as nearly all do: 5 % of a paced event. */
  const checkDrip = (text: string): void => {
    const wasOpen = isLineOpen;
    isLineOpen = !text.endsWith("\n");
    if (!isLineOpen || text.includes("\n")) {
      waitedMs = 0;
      lineBytes = 0;
      return;
    }
    // Only our own waiting: the time that our reader took is not the upstream's silence.
    if (wasOpen) waitedMs += performance.now() - askedAt;
    lineBytes += bytes;
    if (waitedMs <= silenceMs || lineBytes > dripBytes) return;
    leave();
    throw toSilence();
  };
  const beginWait = (): void => {
    if (isLineOpen) askedAt = performance.now();
  };

  /** What can be given now, or nothing yet. Throws what the reading ends with. */
  const take = <Piece>(reader: TextReader<Piece>): IteratorResult<Piece, undefined> | undefined => {
    // What came before a failure is given first.
    while (bytes > 0) {
      const text = held;
      checkDrip(text);
      const wasFull = bytes > heldBytes;
      held = "";
      bytes = 0;
      // Brings what the socket holds, and maybe the end, before it returns.
      if (wasFull) source.resume();
      const value = reader.read(text);
      if (value !== undefined) return { done: false, value };
      beginWait();
    }
    if (failure !== undefined) throw toError(failure.error);
    if (!hasEnded) return undefined;
    const value = isOver ? undefined : reader.end();
    isOver = true;
    return value === undefined ? done : { done: false, value };
  };

  const pieces: BodyText["pieces"] = <Piece>(reader: TextReader<Piece>) =>
    new Pieces<Piece>(
      () => {
        beginWait();
        return new Promise((resolve, reject) => {
          settle = () => {
            try {
              const result = take(reader);
              if (result === undefined) return;
              settle = undefined;
              resolve(result);
            } catch (error) {
              settle = undefined;
              reject(error);
            }
          };
          settle();
        });
      },
      async () => {
        leave();
        bytes = 0;
        change();
        return done;
      },
    );

  return {
    push(part) {
      if (hasEnded) return;
      held += decoder.write(part);
      bytes += part.length;
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

/** A class, because V8 gives the iterator's symbol to each object literal in a slow way of its own. */
class Pieces<Piece> implements AsyncIterableIterator<Piece> {
  readonly next: () => Promise<IteratorResult<Piece, undefined>>;
  readonly return: () => Promise<IteratorReturnResult<undefined>>;

  constructor(next: Pieces<Piece>["next"], leave: Pieces<Piece>["return"]) {
    this.next = next;
    this.return = leave;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
