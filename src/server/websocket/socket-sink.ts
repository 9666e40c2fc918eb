/**
 * How an answer leaves over a WebSocket: each line as one text frame. The frames of an answer repeat
 * the fields that its request asked for, and the first one carries what HTTP says in headers.
 */
import type { Cancellation } from "../../cancellation.ts";
import type { Sink } from "../../pipeline/pump.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { SocketBounds } from "./bounds.ts";
import type { SocketPort } from "./port.ts";

export interface SocketSinkOptions {
  readonly port: SocketPort;
  /** On every frame. */
  readonly echo: JsonObject;
  /** On the first frame beside them. */
  readonly first: JsonObject;
  /** Aborts when the client leaves. */
  readonly signal: Cancellation;
  readonly bounds: Pick<SocketBounds, "highWaterBytes" | "stalledMs">;
}

export function createSocketSink(options: SocketSinkOptions): Sink {
  const { port, echo, first, signal, bounds } = options;
  let lead = leadOf({ ...echo, ...first });
  const isFull = (): boolean =>
    !signal.aborted && port.isOpen && port.bufferedBytes > bounds.highWaterBytes;
  let resume: () => void = () => undefined;
  const onSent = (): void => {
    if (!isFull()) resume();
  };
  signal.addEventListener("abort", onSent, { once: true });
  return {
    // The handshake has answered already.
    flush: () => undefined,
    write(text) {
      const frames = text.split("\n").flatMap((line) => {
        if (line === "") return [];
        const frame = withLead(line, lead);
        lead = leadOf(echo);
        return [frame];
      });
      port.send(frames, onSent);
      return !isFull();
    },
    drained() {
      if (!isFull()) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(() => port.terminate(), bounds.stalledMs);
        resume = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    // The connection outlives the answer.
    end: () => undefined,
  };
}

/** The fields as the beginning of an object's text, without its end. */
function leadOf(fields: JsonObject): string {
  return Object.keys(fields).length === 0 ? "" : `${JSON.stringify(fields).slice(0, -1)},`;
}

/** A splice, because parsing every event costs more than all else that happens to it. */
function withLead(line: string, lead: string): string {
  return lead === "" || !/^\{\s*"/.test(line) ? line : lead + line.slice(1);
}
