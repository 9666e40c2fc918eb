import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Sink } from "../../src/pipeline/pump.ts";
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

it("waits for a client that reads slowly, and goes on when it reads", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const client = request({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" }).end();
  const coming = once(client, "response") as Promise<[IncomingMessage]>;
  const [, res] = (await once(server, "request")) as [unknown, ServerResponse];
  res.writeHead(200, ["content-type", "text/event-stream"]);
  const sink = createSink(res);
  sink.flush();
  const [answer] = await coming;
  expect(sink.write("x".repeat(32 * 1024 * 1024))).toBe(false);
  let isDrained = false;
  const drained = sink.drained().then(() => {
    isDrained = true;
  });
  await new Promise(setImmediate);
  expect(isDrained).toBe(false);
  answer.resume();
  await drained;
  sink.end();
  await once(answer, "end");
});

describe("what leaves", () => {
  /** Answers every request with a stream of these texts. */
  async function streaming(texts: readonly string[]): Promise<number> {
    const server = createServer((_, res) => {
      res.writeHead(200, ["content-type", "text/event-stream"]);
      const sink = createSink(res);
      for (const text of texts) sink.write(text);
      sink.end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    return (server.address() as AddressInfo).port;
  }

  /** All that comes on a connection which is closed behind its last request. */
  async function raw(port: number, ...requests: readonly string[]): Promise<string> {
    const socket = connect(port, "127.0.0.1");
    for (const each of requests) socket.write(each);
    const parts: Buffer[] = [];
    for await (const part of socket) parts.push(part as Buffer);
    return Buffer.concat(parts).toString("utf8");
  }

  const texts = ["data: a\n\n", "", "data: ü€😀\n\n"];

  it("is chunks with their length in bytes, and the connection can be used again", async () => {
    const port = await streaming(texts);
    const answers = await raw(
      port,
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    const body = "\r\n\r\n9\r\ndata: a\n\n\r\n11\r\ndata: ü€😀\n\n\r\n0\r\n\r\n";
    expect(answers.split(body)).toEqual([
      expect.stringMatching(/^HTTP\/1.1 200 OK\r\n.*transfer-encoding: chunked/is),
      expect.stringMatching(/^HTTP\/1.1 200 OK\r\n.*transfer-encoding: chunked/is),
      "",
    ]);
  });

  it("keeps to its turn, though the answer before it is still on its way", async () => {
    const sinks: Sink[] = [];
    const server = createServer((_, res) => {
      res.writeHead(200, ["content-type", "text/event-stream"]);
      sinks.push(createSink(res));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    const answers = raw(
      (server.address() as AddressInfo).port,
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    await vi.waitFor(() => expect(sinks).toHaveLength(2));
    const [first, second] = sinks as [Sink, Sink];
    first.flush();
    second.flush();
    for (const text of ["a", "b"]) {
      second.write(`second ${text}\n`);
      first.write(`first ${text}\n`);
    }
    first.end();
    first.write("first, after its end\n");
    second.write("second c\n");
    second.end();

    const lines = (await answers).split("\r\n").filter((line) => /^(HTTP|first|second)/.test(line));
    expect(lines).toEqual([
      "HTTP/1.1 200 OK",
      "first a\n",
      "first b\n",
      "HTTP/1.1 200 OK",
      "second a\n",
      "second b\n",
      "second c\n",
    ]);
  });

  it("is plain text for a client of HTTP/1.0, which knows no chunks", async () => {
    const answer = await raw(await streaming(texts), "GET / HTTP/1.0\r\nHost: x\r\n\r\n");
    expect(answer).not.toMatch(/transfer-encoding/i);
    expect(answer.split("\r\n\r\n")[1]).toBe(texts.join(""));
  });
});
