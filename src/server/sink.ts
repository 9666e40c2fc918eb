/**
 * How a stream leaves: straight into Node's response. h3's web stream costs a fifth more an event
 * (performance.md), so this is the one module that writes events to a socket.
 */
import type { ServerResponse } from "node:http";
import type { Sink } from "../pipeline/pump.ts";

export function createSink(res: ServerResponse): Sink {
  return {
    flush: () => res.flushHeaders(),
    write: (text) => text === "" || res.write(text),
    drained() {
      if (res.destroyed || !res.writableNeedDrain) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          res.off("drain", done);
          res.off("close", done);
          resolve();
        };
        res.on("drain", done);
        res.on("close", done);
      });
    },
    end: () => res.end(),
  };
}
