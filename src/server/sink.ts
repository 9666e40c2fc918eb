/**
 * How a stream leaves: straight into Node's response. h3's web stream costs a fifth more an event
 * (performance.md), so this is the one module that writes events to a socket.
 */
import { Buffer } from "node:buffer";
import type { ServerResponse } from "node:http";
import type { Sink } from "../pipeline/pump.ts";

/**
 * A client that takes nothing for so long has forgotten the answer: it would hold the upstream's
 * stream and one of the few places for ever. Its sockets are local, so nothing slower is at work.
 */
const stalledMs = 5 * 60_000;

export function createSink(res: ServerResponse): Sink {
  return new ResponseSink(res);
}

class ResponseSink implements Sink {
  readonly #res: ServerResponse;
  readonly #isFramed: boolean;
  /** Node has the header, and what comes next may go past it. */
  #hasBegun = false;
  /** The answer keeps its socket until all of it has left: a late text would be the next one's. */
  #hasEnded = false;

  constructor(res: ServerResponse) {
    this.#res = res;
    this.#isFramed = frameOurselves(res);
  }

  flush(): void {
    this.#hasBegun = true;
    this.#res.flushHeaders();
  }

  write(text: string): boolean {
    if (text === "" || this.#hasEnded) return true;
    const res = this.#res;
    if (!this.#isFramed) return res.write(text);
    const length = Buffer.byteLength(text);
    const chunk = `${length.toString(16)}\r\n${text}\r\n`;
    // One byte a character: copied, where the other one looks at each of them.
    const encoding = length === text.length ? "latin1" : "utf8";
    // Only the answer whose turn it is has the socket. Node's own `write` would hold the text until
    // the next tick, in case that more comes: 6 % of a paced event.
    const { socket } = res;
    if (this.#hasBegun && socket?.writable) return socket.write(chunk, encoding);
    this.#hasBegun = true;
    return res.write(chunk, encoding);
  }

  drained(): Promise<void> {
    const res = this.#res;
    const { socket } = res;
    const isFull = res.writableNeedDrain || socket?.writableNeedDrain;
    if (res.destroyed || !isFull) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => res.destroy(), stalledMs);
      const done = (): void => {
        clearTimeout(timer);
        res.off("drain", done);
        res.off("close", done);
        socket?.off("drain", done);
        resolve();
      };
      res.on("drain", done);
      res.on("close", done);
      socket?.on("drain", done);
    });
  }

  end(): void {
    this.#hasEnded = true;
    this.#res.end(this.#isFramed ? lastChunk : undefined);
  }
}

/**
 * Chunks of the transfer coding (RFC 9112 7.1) as one text each: Node makes four writes of one, which
 * is a twentieth of what a paced event costs. Only where Node has chosen that coding, and has written
 * its header; whose turn it is stays Node's. From here on only `end` ends the answer well:
 * `chunkedEncoding` is a field that Node has without a word about it.
 */
function frameOurselves(res: ServerResponse): boolean {
  if (!res.headersSent || !res.chunkedEncoding) return false;
  res.chunkedEncoding = false;
  return true;
}

const lastChunk = "0\r\n\r\n";
