/**
 * How a stream leaves: straight into Node's response. h3's web stream costs a fifth more an event
 * (performance.md), so this is the one module that writes events to a socket.
 */
import type { ServerResponse } from "node:http";
import type { Sink } from "../pipeline/pump.ts";

/**
 * A client that takes nothing for so long has forgotten the answer: it would hold the upstream's
 * stream and one of the few places for ever. Its sockets are local, so nothing slower is at work.
 */
const stalledMs = 5 * 60_000;

export function createSink(res: ServerResponse): Sink {
  const isFramed = frameOurselves(res);
  return {
    flush: () => res.flushHeaders(),
    write: (text) => text === "" || res.write(isFramed ? toChunk(text) : text),
    drained() {
      if (res.destroyed || !res.writableNeedDrain) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(() => res.destroy(), stalledMs);
        const done = (): void => {
          clearTimeout(timer);
          res.off("drain", done);
          res.off("close", done);
          resolve();
        };
        res.on("drain", done);
        res.on("close", done);
      });
    },
    end: () => res.end(isFramed ? lastChunk : undefined),
  };
}

/**
 * Chunks of the transfer coding (RFC 9112 7.1) as one text each: Node makes four writes of one, which
 * is a twentieth of what a paced event costs. Only where Node has chosen that coding, and has written its
 * header; whose turn it is and how much waits stays Node's. From here on only `end` ends the answer
 * well: `chunkedEncoding` is a field that Node has without a word about it.
 */
function frameOurselves(res: ServerResponse): boolean {
  if (!res.headersSent || !res.chunkedEncoding) return false;
  res.chunkedEncoding = false;
  return true;
}

function toChunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

const lastChunk = "0\r\n\r\n";
