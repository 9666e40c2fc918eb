import { once } from "node:events";
import { createServer, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createSink } from "../../src/server/sink.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The response of a server whose client never reads the body, its buffers full. */
async function unreadResponse(): Promise<ServerResponse> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const client = request({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  client.on("error", () => undefined);
  cleanups.push(() => client.destroy());
  client.end();
  const [, res] = (await once(server, "request")) as [unknown, ServerResponse];
  return res;
}

describe("a client that stops reading", () => {
  it("is given up on in the end, and the wait ends with it", async () => {
    const res = await unreadResponse();
    const sink = createSink(res);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    expect(sink.write("x".repeat(32 * 1024 * 1024))).toBe(false);
    const drained = sink.drained();
    vi.advanceTimersByTime(5 * 60_000 - 1);
    expect(res.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    await drained;
    expect(res.destroyed).toBe(true);
  });

  it("keeps nothing waiting once it has gone", async () => {
    const res = await unreadResponse();
    res.destroy();
    await createSink(res).drained();
    expect(res.destroyed).toBe(true);
  });
});
