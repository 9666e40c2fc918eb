import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSocketSink } from "../../../src/server/websocket/socket-sink.ts";
import { createFakePort } from "../../helpers/fake-port.ts";

function setUp(echo = {}, first = {}) {
  const port = createFakePort();
  const leaving = new AbortController();
  const bounds = { highWaterBytes: 100, stalledMs: 1_000 };
  const sink = createSocketSink({ port, echo, first, signal: leaving.signal, bounds });
  return { port, leaving, sink };
}

describe("a sink", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it("sends a frame for each line, and none for nothing", () => {
    const { port, sink } = setUp();
    expect([sink.write('{"a":1}\n{"b":2}\n'), sink.write("")]).toEqual([true, true]);
    expect(port.sent).toEqual(['{"a":1}', '{"b":2}']);
  });

  it("repeats its fields on each frame, and tells others with the first", () => {
    const { port, sink } = setUp({ stream_id: "a" }, { airelays: { headers: {} } });
    sink.write('{"a":1}\n{"b":2}\n');
    sink.write('{"c":3}\n');
    expect(port.sent.map((text) => JSON.parse(text))).toEqual([
      { stream_id: "a", airelays: { headers: {} }, a: 1 },
      { stream_id: "a", b: 2 },
      { stream_id: "a", c: 3 },
    ]);
  });

  it("adds nothing to what is no object with fields", () => {
    const { port, sink } = setUp({ stream_id: "a" });
    sink.write('{}\n[1]\n{"type\n');
    expect(port.sent).toEqual(["{}", "[1]", '{"stream_id":"a","type']);
  });

  it("waits while the client takes nothing", async () => {
    const { port, sink } = setUp();
    port.hold(101);
    expect(sink.write("{}\n")).toBe(false);
    const drained = vi.fn();
    const waiting = sink.drained().then(drained);
    await Promise.resolve();
    expect(drained).not.toHaveBeenCalled();
    port.take();
    await waiting;
    expect(sink.write("{}\n")).toBe(true);
    await sink.drained();
  });

  it.each(["leaves", "drops"] as const)("waits no longer when the client %s", async (how) => {
    const { port, leaving, sink } = setUp();
    port.hold(101);
    sink.write("{}\n");
    const drained = sink.drained();
    if (how === "leaves") leaving.abort();
    else port.drop();
    await drained;
  });

  it("gives a client up that takes nothing for minutes", async () => {
    const { port, leaving, sink } = setUp();
    port.hold(101);
    sink.write("{}\n");
    const drained = sink.drained();
    vi.advanceTimersByTime(1_000);
    expect(port.ended).toEqual(["terminated"]);
    leaving.abort();
    await drained;
  });
});
