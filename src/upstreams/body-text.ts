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

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

export function createBodyText(options: BodyTextOptions): BodyText {
  return new PushedText(options);
}

/**
 * A class, as all that each event passes through: the closures of each stream lie apart in memory, and
 * were 8 % of a paced event.
 */
class PushedText implements BodyText {
  readonly #options: BodyTextOptions;
  /** Keeps the bytes of a character that is cut by two parts. */
  #decoder: StringDecoder | undefined;
  /** The last part may have cut one. */
  #isCut = false;
  #held = "";
  #bytes = 0;
  #failure: { readonly error: unknown } | undefined;
  #hasEnded = false;
  /** The reader was told of the end. */
  #isOver = false;
  #pieces: Waiting | undefined;
  #isWaking = false;
  #askedAt = 0;
  /** The last read ended within a line. */
  #isLineOpen = false;
  /** A byte a minute keeps a limit on single reads from ever being met. */
  #waitedMs = 0;
  #lineBytes = 0;

  constructor(options: BodyTextOptions) {
    this.#options = options;
  }

  push(part: Buffer): void {
    if (this.#hasEnded) return;
    this.#held += this.#decode(part);
    this.#bytes += part.length;
    if (this.#bytes > heldBytes) this.#options.source.pause();
    this.#change();
  }

  end(): void {
    this.#hasEnded = true;
    this.#change();
  }

  fail(error: unknown): void {
    if (!this.#hasEnded) this.#failure ??= { error };
    this.#change();
  }

  pieces<Piece>(reader: TextReader<Piece>): AsyncIterableIterator<Piece> {
    const pieces = new Pieces(this, reader);
    this.#pieces = pieces;
    return pieces;
  }

  /** What can be given now, or nothing yet. Throws what the reading ends with. */
  take<Piece>(reader: TextReader<Piece>): IteratorResult<Piece, undefined> | undefined {
    // What came before a failure is given first.
    while (this.#bytes > 0) {
      const text = this.#held;
      this.#checkDrip(text);
      const wasFull = this.#bytes > heldBytes;
      this.#held = "";
      this.#bytes = 0;
      // Brings what the socket holds, and maybe the end, before it returns.
      if (wasFull) this.#options.source.resume();
      const value = reader.read(text);
      if (value !== undefined) return { done: false, value };
      this.beginWait();
    }
    if (this.#failure !== undefined) throw this.#options.toError(this.#failure.error);
    if (!this.#hasEnded) return undefined;
    const value = this.#isOver ? undefined : reader.end();
    this.#isOver = true;
    return value === undefined ? done : { done: false, value };
  }

  beginWait(): void {
    if (this.#isLineOpen) this.#askedAt = performance.now();
  }

  leave(): void {
    this.#abandon();
    this.#bytes = 0;
    this.#change();
  }

  /** Nearly every part ends with an ASCII character, so that it is decoded by itself. */
  #decode(part: Buffer): string {
    const wasCut = this.#isCut;
    const last = part[part.length - 1];
    if (last === undefined) return "";
    this.#isCut = last > 127;
    if (!wasCut && !this.#isCut) return part.toString();
    // A third of TextDecoder's cost.
    this.#decoder ??= new StringDecoder("utf8");
    return this.#decoder.write(part);
  }

  /** Once for all that one read of the network brings, which may come in many parts. */
  #change(): void {
    if (this.#isWaking || !this.#pieces?.isWaiting) return;
    this.#isWaking = true;
    void atOnce.then(this.#wake);
  }

  readonly #wake = (): void => {
    this.#isWaking = false;
    this.#pieces?.settle();
  };

  #abandon(): void {
    if (!this.#hasEnded) this.#options.source.abort(unwanted);
    this.#hasEnded = true;
    this.#isOver = true;
    this.#held = "";
  }

  /** No look at the clock while each read ends a line, as nearly all do: 5 % of a paced event. */
  #checkDrip(text: string): void {
    const wasOpen = this.#isLineOpen;
    this.#isLineOpen = text.charCodeAt(text.length - 1) !== 10;
    if (!this.#isLineOpen || text.includes("\n")) {
      this.#waitedMs = 0;
      this.#lineBytes = 0;
      return;
    }
    // Only our own waiting: the time that our reader took is not the upstream's silence.
    if (wasOpen) this.#waitedMs += performance.now() - this.#askedAt;
    this.#lineBytes += this.#bytes;
    const { silenceMs, toSilence } = this.#options;
    if (this.#waitedMs <= silenceMs || this.#lineBytes > dripBytes) return;
    this.#abandon();
    throw toSilence();
  }
}

interface Waiting {
  readonly isWaiting: boolean;
  /** Gives what there is to the caller that waits. */
  settle(): void;
}

/** The iterator of one reader. Of its callers one waits at a time. */
class Pieces<Piece> implements AsyncIterableIterator<Piece>, Waiting {
  readonly #body: PushedText;
  readonly #reader: TextReader<Piece>;
  #resolve: ((result: IteratorResult<Piece, undefined>) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  constructor(body: PushedText, reader: TextReader<Piece>) {
    this.#body = body;
    this.#reader = reader;
  }

  get isWaiting(): boolean {
    return this.#resolve !== undefined;
  }

  next(): Promise<IteratorResult<Piece, undefined>> {
    this.#body.beginWait();
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.settle();
    });
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#body.leave();
    return done;
  }

  settle(): void {
    const resolve = this.#resolve;
    if (resolve === undefined) return;
    try {
      const result = this.#body.take(this.#reader);
      if (result === undefined) return;
      this.#resolve = undefined;
      resolve(result);
    } catch (error) {
      this.#resolve = undefined;
      this.#reject?.(error);
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
