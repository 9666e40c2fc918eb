/**
 * Moves a committed answer to the client: frames through the encoder, one write for each network
 * read, at the client's speed. Only a terminal event ends it with success; everything else ends it
 * with the dialect's in-band error, or in silence when the client has gone.
 */
import { type RelayError, toldEndOf, toRelayError } from "../errors.ts";
import type { Encoder } from "../facades/facade.ts";
import type { Accumulator } from "../protocol/accumulate.ts";
import { type Frame, isSuccess } from "../protocol/frame.ts";
import type { RequestScope } from "../scope.ts";
import { interrupted, type OpenedStream, withRest } from "./open.ts";
import type { Witness } from "./record-answer.ts";

/** Where a stream leaves the program. */
export interface Sink {
  /** Sends the headers when nothing was written yet; a first write would have taken them along. */
  flush(): void;
  /** False when the client reads more slowly than we write: wait for `drained`. */
  write(text: string): boolean;
  /** Resolves when there is room again, or when the client has gone. */
  drained(): Promise<void>;
  end(): void;
}

export type StreamOutcome = "completed" | "failed" | "upstream_cut" | "client_gone";

export interface PumpResult {
  readonly outcome: StreamOutcome;
  readonly error?: RelayError;
}

export interface PumpOptions {
  readonly opened: OpenedStream;
  readonly encoder: Encoder;
  readonly sink: Sink;
  readonly scope: RequestScope;
  /** Takes every frame before the encoder does; the answer as far as it got. */
  readonly answer: Accumulator;
  readonly witness: Witness;
  /** Keeps the whole answer for later, before the client is told that it is whole. */
  readonly keep: () => Promise<void>;
  /** Sent after so much silence; 0 or an empty text sends nothing. */
  readonly keepalive: { readonly afterMs: number; readonly text: string };
}

export function pump(options: PumpOptions): Promise<PumpResult> {
  return new Pump(options).run();
}

/** How often the heartbeat looks within its time. */
const looks = 4;

class Pump {
  readonly #options: PumpOptions;
  readonly #opened: OpenedStream;
  readonly #encoder: Encoder;
  readonly #sink: Sink;
  readonly #answer: Accumulator;
  readonly #witness: Witness;
  /** Looks of the heartbeat since something was written. */
  #quietLooks = 1;

  constructor(options: PumpOptions) {
    this.#options = options;
    this.#opened = options.opened;
    this.#encoder = options.encoder;
    this.#sink = options.sink;
    this.#answer = options.answer;
    this.#witness = options.witness;
  }

  async run(): Promise<PumpResult> {
    const { signal } = this.#options.scope;
    const heartbeat = this.#startHeartbeat();
    try {
      let ended = await this.#send(this.#opened.held);
      if (!ended) this.#sink.flush();
      while (!ended) {
        const { done, value } = await this.#opened.next();
        if (signal.aborted) throw signal.reason;
        if (done) throw interrupted();
        // Nearly always there is nothing to wait for, and each wait is a turn of the microtask queue.
        const sent = this.#send(value);
        ended = typeof sent === "boolean" ? sent : await sent;
        if (this.#answer.failures.length > 0) throw await this.#failure();
      }
      this.#sink.end();
      readToEnd(this.#opened);
      return { outcome: "completed" };
    } catch (cause) {
      const end = toldEndOf(signal);
      if (signal.aborted && end === undefined) return { outcome: "client_gone" };
      const error = end ?? toRelayError(cause);
      this.#sink.write(this.#encoder.fail(error));
      this.#sink.end();
      const isOurs = end !== undefined || error.code === "internal_error";
      const isCut = this.#answer.failures.length === 0 && !isOurs;
      return { outcome: isCut ? "upstream_cut" : "failed", error };
    } finally {
      clearInterval(heartbeat);
    }
  }

  /** Sends one batch as one write; true when it ended the answer. Waits for what must be waited for. */
  #send(batch: readonly Frame[]): boolean | Promise<boolean> {
    let text = "";
    for (const frame of batch) {
      this.#answer.add(frame);
      this.#witness.see(frame);
      if (isSuccess(frame.type)) {
        // Not whole, whatever it says: the end of the stream will tell.
        if (this.#answer.success === undefined) continue;
        return this.#finish(text, frame);
      }
      text += this.#encoder.write(frame);
    }
    if (text === "") return false;
    this.#quietLooks = 0;
    return this.#sink.write(text) ? false : this.#sink.drained().then(() => false);
  }

  async #finish(text: string, last: Frame): Promise<true> {
    await this.#options.keep();
    this.#sink.write(text + this.#encoder.write(last) + this.#encoder.end());
    return true;
  }

  /** The upstream's failure, with the second of its two frames sent on as well. */
  async #failure(): Promise<RelayError> {
    const { failures } = this.#answer;
    const first = failures.length;
    const all = await withRest(failures, () => this.#opened.next());
    await this.#send(all.slice(first));
    return this.#opened.stream.explain(failures);
  }

  /**
   * A timer that looks four times in `afterMs` whether something was written, so that a text goes out
   * after one to one and a quarter of it. Putting a timer off with each write was 3 % of a paced event.
   */
  #startHeartbeat(): NodeJS.Timeout | undefined {
    const { afterMs, text } = this.#options.keepalive;
    if (afterMs <= 0 || text === "") return undefined;
    return setInterval(() => {
      this.#quietLooks += 1;
      if (this.#quietLooks <= looks) return;
      this.#quietLooks = 1;
      this.#sink.write(text);
    }, afterMs / looks);
  }
}

/**
 * After the terminal event only the end of the body is left. Reading it lets the connection be used
 * again; the close of the scope ends an upstream that does not end.
 */
export function readToEnd(opened: OpenedStream): void {
  const read = async (): Promise<void> => {
    while (!(await opened.next()).done);
  };
  // The answer is complete: what happens to the connection now is nobody's failure.
  read().catch(() => undefined);
}
