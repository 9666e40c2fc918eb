/** The port of a connection whose client is the test: what was sent, and how much of it is taken. */
import type { SocketPort } from "../../src/server/websocket/port.ts";

export interface FakePort extends SocketPort {
  readonly sent: string[];
  readonly pings: number;
  readonly ended: readonly (readonly [code: number, reason: string] | "terminated")[];
  /** What the client leaves untaken. */
  hold(bytes: number): void;
  /** The client takes everything. */
  take(): void;
  /** The client is gone. */
  drop(): void;
}

export function createFakePort(): FakePort {
  const sent: string[] = [];
  const ended: ([number, string] | "terminated")[] = [];
  let callbacks: (() => void)[] = [];
  let bufferedBytes = 0;
  let isOpen = true;
  let pings = 0;
  const settle = (): void => {
    const due = callbacks;
    callbacks = [];
    for (const callback of due) callback();
  };
  return {
    sent,
    ended,
    get pings() {
      return pings;
    },
    get bufferedBytes() {
      return bufferedBytes;
    },
    get isOpen() {
      return isOpen;
    },
    send(texts, onSent = () => undefined) {
      sent.push(...texts);
      callbacks.push(onSent);
      if (bufferedBytes === 0) settle();
    },
    ping() {
      pings += 1;
    },
    close(code, reason) {
      isOpen = false;
      ended.push([code, reason]);
    },
    terminate() {
      isOpen = false;
      ended.push("terminated");
    },
    hold(bytes) {
      bufferedBytes = bytes;
    },
    take() {
      bufferedBytes = 0;
      settle();
    },
    drop() {
      isOpen = false;
      settle();
    },
  };
}
