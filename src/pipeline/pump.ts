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
  readonly observe: (frame: Frame) => void;
  /** Keeps the whole answer for later, before the client is told that it is whole. */
  readonly keep: () => Promise<void>;
  /** Sent after so much silence; 0 or an empty text sends nothing. */
  readonly keepalive: { readonly afterMs: number; readonly text: string };
}

export async function pump(options: PumpOptions): Promise<PumpResult> {
  const { opened, encoder, sink, scope, answer, observe } = options;
  const heartbeat = createHeartbeat(sink, options.keepalive);

  /** Sends one batch as one write; true when it ended the answer. Waits for what must be waited for. */
  const send = (batch: readonly Frame[]): boolean | Promise<boolean> => {
    let text = "";
    for (const frame of batch) {
      answer.add(frame);
      observe(frame);
      if (isSuccess(frame.type)) {
        // Not whole, whatever it says: the end of the stream will tell.
        if (answer.success === undefined) continue;
        return finish(text, frame);
      }
      text += encoder.write(frame);
    }
    if (text === "") return false;
    heartbeat.postpone();
    return sink.write(text) ? false : sink.drained().then(() => false);
  };

  const finish = async (text: string, last: Frame): Promise<true> => {
    await options.keep();
    sink.write(text + encoder.write(last) + encoder.end());
    return true;
  };

  try {
    let ended = await send(opened.held);
    if (!ended) sink.flush();
    while (!ended) {
      const { done, value } = await opened.next();
      if (scope.signal.aborted) throw scope.signal.reason;
      if (done) throw interrupted();
      // Nearly always there is nothing to wait for, and each wait is a turn of the microtask queue.
      const sent = send(value);
      ended = typeof sent === "boolean" ? sent : await sent;
      if (answer.failures.length > 0) throw await failureOf(opened, answer, send);
    }
    sink.end();
    readToEnd(opened);
    return { outcome: "completed" };
  } catch (cause) {
    const end = toldEndOf(scope.signal);
    if (scope.signal.aborted && end === undefined) return { outcome: "client_gone" };
    const error = end ?? toRelayError(cause);
    sink.write(encoder.fail(error));
    sink.end();
    const isOurs = end !== undefined || error.code === "internal_error";
    const isCut = answer.failures.length === 0 && !isOurs;
    return { outcome: isCut ? "upstream_cut" : "failed", error };
  } finally {
    heartbeat.stop();
  }
}

/** The upstream's failure, with the second of its two frames sent on as well. */
async function failureOf(
  opened: OpenedStream,
  answer: Accumulator,
  send: (batch: readonly Frame[]) => boolean | Promise<boolean>,
): Promise<RelayError> {
  const first = answer.failures.length;
  const failures = await withRest(answer.failures, () => opened.next());
  await send(failures.slice(first));
  return opened.stream.explain(answer.failures);
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

interface Heartbeat {
  postpone(): void;
  stop(): void;
}

/**
 * A timer that looks four times in `afterMs` whether something was written, so that a text goes out
 * after one to one and a quarter of it. Putting a timer off with each write was 3 % of a paced event.
 */
function createHeartbeat(sink: Sink, { afterMs, text }: PumpOptions["keepalive"]): Heartbeat {
  if (afterMs <= 0 || text === "") return { postpone: () => undefined, stop: () => undefined };
  // The silence begins with the timer.
  let quietLooks = 1;
  const timer = setInterval(() => {
    quietLooks += 1;
    if (quietLooks <= looks) return;
    quietLooks = 1;
    sink.write(text);
  }, afterMs / looks);
  return {
    postpone() {
      quietLooks = 0;
    },
    stop: () => clearInterval(timer),
  };
}

const looks = 4;
