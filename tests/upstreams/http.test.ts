import { getEventListeners } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { RelayError } from "../../src/errors.ts";
import { createHttpClient, type HttpClient, type HttpLimits } from "../../src/upstreams/http.ts";

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

async function client(limits: Partial<HttpLimits> = {}): Promise<HttpClient> {
  const http = await createHttpClient({
    connectTimeoutMs: 2_000,
    silenceTimeoutMs: 5_000,
    ...limits,
  });
  cleanups.push(() => http.close());
  return http;
}

const get = { method: "GET", headers: {}, signal: new AbortController().signal } as const;

const asValue = (error: unknown): unknown => error;

const asItIs = { read: (text: string) => text, end: () => undefined };

async function read(parts: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const part of parts) text += part;
  return text;
}

describe("createHttpClient", () => {
  it("decodes a character whose bytes come in two reads", async () => {
    const bytes = Buffer.from("a😀b");
    const { url } = await serve((_req, res) => {
      res.write(bytes.subarray(0, 3));
      setImmediate(() => res.end(bytes.subarray(3)));
    });
    const answer = await (await client()).send({ ...get, url });
    expect(await read(answer.pieces(asItIs))).toBe("a😀b");
  });

  it("gives all of a body to a reader that is slower than the network", async () => {
    const line = `${"x".repeat(1_000)}\n`;
    const { url } = await serve((_req, res) => res.end(line.repeat(2_000)));
    const answer = await (await client()).send({ ...get, url });
    let length = 0;
    for await (const part of answer.pieces(asItIs)) {
      length += part.length;
      // The network goes on meanwhile, as far as it is let.
      for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    }
    expect(length).toBe(line.length * 2_000);
  });

  it("gives what the reader makes of the body, and of its end", async () => {
    const { url } = await serve((_req, res) => res.end("one two thr"));
    const words = (): { read(text: string): string[] | undefined; end(): string[] } => {
      let rest = "";
      return {
        read(text) {
          const parts = `${rest}${text}`.split(" ");
          rest = parts.pop() ?? "";
          return parts.length === 0 ? undefined : parts;
        },
        end: () => [`${rest} (cut)`],
      };
    };
    const answer = await (await client()).send({ ...get, url });
    const all: string[] = [];
    for await (const each of answer.pieces(words())) all.push(...each);
    expect(all).toEqual(["one", "two", "thr (cut)"]);
  });

  it("T22 follows no redirect, so that the login goes to the configured host only", async () => {
    let asked = 0;
    const elsewhere = await serve((_req, res) => {
      asked += 1;
      res.end();
    });
    const { url } = await serve((_req, res) => {
      res.writeHead(302, { location: elsewhere.url }).end();
    });
    const answer = await (await client()).send({ ...get, url });
    expect([answer.status, asked]).toEqual([302, 0]);
  });

  it("uses its connections again after their answers were read", async () => {
    const { url, server } = await serve((_req, res) => res.end("ok"));
    let connections = 0;
    server.on("connection", () => {
      connections += 1;
    });
    const http = await client();
    for (let i = 0; i < 20; i += 1) {
      await (await http.send({ ...get, url })).wholeText(100);
    }
    // The next request may begin a moment before the last connection is free again.
    expect(connections).toBeLessThanOrEqual(2);
  });

  it("cuts a body at the limit", async () => {
    const { url } = await serve((_req, res) => res.end("x".repeat(1_000)));
    const answer = await (await client()).send({ ...get, url });
    expect(await answer.wholeText(10)).toBe("x".repeat(10));
  });

  it("says that nobody listens there", async () => {
    const { url, server } = await serve(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    const sent = (await client()).send({ ...get, url });
    await expect(sent).rejects.toMatchObject({
      code: "upstream_unreachable",
      message: `Could not reach \`${new URL(url).host}\`: the connection was refused.`,
    });
  });

  it("says that the name does not resolve", async () => {
    const sent = (await client()).send({ ...get, url: "http://upstream.invalid/" });
    await expect(sent).rejects.toMatchObject({
      code: "upstream_unreachable",
      message: "Could not reach `upstream.invalid`: its name cannot be resolved (DNS).",
      // Told by the setup of the tests: nobody was asked.
      details: { cause: { message: "A test asked for upstream.invalid." } },
    });
  });

  it("gives up on an upstream that never answers", async () => {
    const { url } = await serve(() => undefined);
    const sent = (await client({ silenceTimeoutMs: 20 })).send({ ...get, url });
    await expect(sent).rejects.toMatchObject({ code: "upstream_timeout", status: 504 });
  });

  it("gives up on an answer that falls silent", async () => {
    const { url } = await serve((_req, res) => {
      res.write("begun");
    });
    const answer = await (await client({ silenceTimeoutMs: 20 })).send({ ...get, url });
    await expect(read(answer.pieces(asItIs))).rejects.toMatchObject({ code: "upstream_timeout" });
  });

  it.each(["stream", "whole"])("gives up on an answer that drips (%s)", async (form) => {
    const { url } = await serve((_req, res) => {
      res.write("data: 1\n");
      const drip = setInterval(() => res.write("x"), 2);
      res.on("close", () => clearInterval(drip));
    });
    const answer = await (await client({ silenceTimeoutMs: 40 })).send({ ...get, url });
    const whole = form === "stream" ? read(answer.pieces(asItIs)) : answer.wholeText(65_536);
    await expect(whole).rejects.toMatchObject({ code: "upstream_timeout" });
  });

  it("gives an answer the time that it needs, as long as its lines end", async () => {
    const { url } = await serve((_req, res) => {
      let left = 30;
      const drip = setInterval(() => {
        left -= 1;
        if (left > 0) res.write(":\n");
        else res.end();
      }, 2);
      res.on("close", () => clearInterval(drip));
    });
    const answer = await (await client({ silenceTimeoutMs: 40 })).send({ ...get, url });
    expect(await read(answer.pieces(asItIs))).toBe(":\n".repeat(29));
  });

  it("says that an answer was cut", async () => {
    const { url } = await serve((_req, res) => {
      res.write("begun", () => res.destroy());
    });
    const answer = await (await client()).send({ ...get, url });
    await expect(read(answer.pieces(asItIs))).rejects.toMatchObject({
      code: "upstream_stream_interrupted",
    });
  });

  it.each(["before the answer", "within it"])("says why a signal ended it, %s", async (when) => {
    const { url } = await serve((_req, res) => {
      if (when === "within it") res.write("begun");
    });
    const signal = AbortSignal.timeout(20);
    const sent = (await client()).send({ ...get, url, signal });
    const error: unknown = await sent.then((answer) => read(answer.pieces(asItIs))).catch(asValue);
    expect(error).toMatchObject({ code: "upstream_timeout" });
    expect((error as RelayError).details.cause).toBe(signal.reason);
  });

  it("leaves nothing at the signal of a call that is over", async () => {
    let finish: () => void = () => undefined;
    const { url } = await serve((_req, res) => {
      res.write("begun");
      finish = () => res.end();
    });
    const { signal } = new AbortController();
    const answer = await (await client()).send({ ...get, url, signal });
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    finish();
    await read(answer.pieces(asItIs));
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("ends with the request that it was made for", async () => {
    let closed: () => void = () => undefined;
    const upstreamClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const { url } = await serve((_req, res) => {
      res.on("close", closed);
      res.write("begun");
    });
    const controller = new AbortController();
    const answer = await (await client()).send({ ...get, url, signal: controller.signal });
    const reading = read(answer.pieces(asItIs));
    controller.abort(new Error("The client has gone."));
    await expect(reading).rejects.toThrow("The client has gone.");
    await upstreamClosed;
  });
});
