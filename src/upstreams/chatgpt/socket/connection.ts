/**
 * One WebSocket to the backend while it lasts: a turn goes out, its frames come in, one turn after the
 * other. Owns the bound on what waits here and the limit of silence; knows no login and no history.
 */
import { type Frame, type FrameBatch, isSuccess } from "../../../protocol/frame.ts";
import type { Clock } from "../../../scope.ts";
import { brokenOff, tooSilent } from "../../network-errors.ts";
import { isNotice, isTerminal, readFrame } from "./frames.ts";
import type { Connect, ConnectOptions, SocketPort } from "./port.ts";

export interface ConnectionDeps {
  readonly connect: Connect;
  readonly clock: Clock;
  /** The longest wait for the next frame of an answer. */
  readonly silenceMs: number;
}

export interface Connection {
  readonly openedAt: number;
  /** When something last came from the other end. */
  readonly heardAt: number;
  /** May take another turn: it is open, and the last answer was read to its end. */
  readonly isFree: boolean;
  /** Sends a turn. The batches end with the answer's last frame, and leave the connection free. */
  ask(text: string): AsyncIterableIterator<FrameBatch>;
  /** A pong counts as heard. */
  ping(): void;
  close(): void;
}

/** Above it the network waits for our reader. */
const highWater = 256 * 1024;

/**
 * What a ping beside a further turn may take. Where the machine has changed its network, or slept for
 * a moment, nobody says that the connection is dead.
 */
const proofMs = 10_000;

const done: IteratorResult<FrameBatch> = { done: true, value: undefined };

export async function openConnection(
  { connect, clock, silenceMs }: ConnectionDeps,
  options: ConnectOptions,
): Promise<Connection> {
  let queue: Frame[] = [];
  let queued = 0;
  let isPaused = false;
  /** Frames that come are of the answer under way. */
  let isAsked = false;
  let hasEnded = true;
  /** Something of the answer under way has come. */
  let hasBegun = false;
  let wasAsked = false;
  /** Something was heard since the turn was sent, or the connection was new. */
  let isProven = true;
  let closed: { readonly isClean: boolean } | undefined;
  let heardAt = clock.now();
  let wake: () => void = () => undefined;
  const ports: SocketPort[] = [];
  const port = (): SocketPort | undefined => ports[0];

  /**
   * Late news about the last turn are nobody's; anything else between two turns says that it is over
   * with this connection. So does an end before a beginning: it is the last answer's, said twice.
   */
  const isExpected = (frame: Frame): boolean =>
    isAsked ? hasBegun || !isSuccess(frame.type) : isNotice(frame);

  await connect(options, (opened) => {
    ports.push(opened);
    return {
      onText(text) {
        heardAt = clock.now();
        isProven = true;
        const frame = readFrame(text);
        if (frame === "padding") {
          wake();
          return;
        }
        if (frame === "broken" || !isExpected(frame)) {
          opened.terminate();
          return;
        }
        if (!isAsked) return;
        hasBegun ||= !isNotice(frame);
        queue.push(frame);
        queued += text.length;
        if (isTerminal(frame)) {
          hasEnded = true;
          isAsked = false;
        }
        if (queued > highWater && !isPaused) {
          isPaused = true;
          opened.pause();
        }
        wake();
      },
      onPong() {
        heardAt = clock.now();
        if (isProven) return;
        isProven = true;
        wake();
      },
      onClosed(isClean) {
        closed = { isClean };
        wake();
      },
    };
  });

  /** The next change, or why it did not come: `upstream_timeout`, unless the connection was dead. */
  const changed = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const isDoubted = !isProven && proofMs < silenceMs;
      const timer = setTimeout(
        () => {
          port()?.terminate();
          reject(isDoubted ? brokenOff() : tooSilent());
        },
        isDoubted ? proofMs : silenceMs,
      );
      wake = () => {
        clearTimeout(timer);
        wake = () => undefined;
        resolve();
      };
    });

  const takeBatch = (): FrameBatch => {
    const batch = queue;
    queue = [];
    queued = 0;
    if (isPaused) {
      isPaused = false;
      port()?.resume();
    }
    return batch;
  };

  return {
    openedAt: heardAt,
    get heardAt() {
      return heardAt;
    },
    get isFree() {
      return hasEnded && queue.length === 0 && closed === undefined && port()?.isOpen === true;
    },
    ask(text) {
      isAsked = true;
      hasEnded = false;
      hasBegun = false;
      isProven = !wasAsked;
      // Before the turn, which may take long to leave.
      if (wasAsked) port()?.ping();
      wasAsked = true;
      port()?.send(text);
      /** Of this answer; the connection may be another turn's by the time that somebody asks again. */
      let isOver = false;
      return {
        [Symbol.asyncIterator]() {
          return this;
        },
        async next() {
          while (!isOver) {
            if (queue.length > 0) {
              isOver = hasEnded;
              return { done: false, value: takeBatch() };
            }
            if (closed?.isClean) return done;
            if (closed !== undefined) throw brokenOff();
            await changed();
          }
          return done;
        },
        async return() {
          if (!isOver) port()?.terminate();
          isOver = true;
          return done;
        },
      };
    },
    ping: () => port()?.ping(),
    close: () => port()?.terminate(),
  };
}
