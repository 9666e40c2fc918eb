import type { ServerResponse } from "node:http";
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { playStream } from "../../src/simulator/stream.ts";

const event = "x".repeat(1024);

/** Stands for a response whose reader takes a write when it is told to. */
function createSlowResponse() {
  const waiting: (() => void)[] = [];
  const written: number[] = [];
  const writable = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _, done) {
      written.push(chunk.length);
      waiting.push(done);
    },
  });
  // The player uses only what a response and a plain stream share, and the head, which is out here.
  const response = Object.assign(writable, { headersSent: true }) as unknown as ServerResponse;
  return { response, written, takeOne: () => waiting.shift()?.() };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("playStream", () => {
  it("puts many events into a write, and makes no more until the reader took them", async () => {
    const { response, written, takeOne } = createSlowResponse();
    let made = 0;
    const steps = (function* () {
      for (; made < 96; made += 1) yield event;
    })();
    const playing = playStream(
      { kind: "stream", headers: {}, steps },
      response,
      new AbortController().signal,
    );
    await turn();
    expect([made, written]).toEqual([31, [32 * 1024]]);
    takeOne();
    await turn();
    expect([made, written]).toEqual([63, [32 * 1024, 32 * 1024]]);
    takeOne();
    await turn();
    takeOne();
    expect(await playing).toBe("ended");
    expect(written).toHaveLength(3);
  });

  it("gives up at once when the client leaves while it waits for the reader", async () => {
    const { response } = createSlowResponse();
    const leaving = new AbortController();
    const steps = Array.from({ length: 64 }, () => event);
    const playing = playStream({ kind: "stream", headers: {}, steps }, response, leaving.signal);
    await turn();
    leaving.abort();
    expect(await playing).toBe("left");
  });

  it("gives up at once when the client leaves between two paced events", async () => {
    const { response } = createSlowResponse();
    const leaving = new AbortController();
    const steps = [{ act: "wait", ms: 60_000 } as const, event];
    const playing = playStream({ kind: "stream", headers: {}, steps }, response, leaving.signal);
    leaving.abort();
    expect(await playing).toBe("left");
  });
});
