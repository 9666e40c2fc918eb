/** How a relay ends that is asked to stop while it answers. */
import { connect } from "node:net";
import { PassThrough } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { RelayError } from "../../src/errors.ts";
import { createBodyReader } from "../../src/server/body.ts";
import { createDecoders } from "../../src/server/decompress.ts";
import { readForm } from "../../src/server/multipart.ts";
import { connectRaw, requestHead } from "../helpers/raw-client.ts";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";

let relay: TestRelay;
afterEach(() => relay.close());

const ask = {
  "/v1/responses": (text: string, stream: boolean) => ({ model: "gpt-5.5", input: text, stream }),
  "/v1/chat/completions": (text: string, stream: boolean) => ({
    model: "gpt-5.5",
    messages: [{ role: "user", content: text }],
    stream,
  }),
  "/v1/completions": (text: string, stream: boolean) => ({
    model: "gpt-5.5",
    prompt: text,
    stream,
  }),
} as const;
const paths = Object.keys(ask) as (keyof typeof ask)[];

/** An answer whose first bytes have come. */
async function begin(path: keyof typeof ask, text: string) {
  const answer = await relay.post(path, ask[path](text, true));
  const reader = answer.body?.getReader();
  const decoder = new TextDecoder();
  const first = decoder.decode((await reader?.read())?.value);
  return {
    async rest(): Promise<string> {
      let all = first;
      for (;;) {
        const part = await reader?.read();
        if (part?.value === undefined) return all;
        all += decoder.decode(part.value);
      }
    },
  };
}

const talk = (text: string) => connectRaw(relay.url, text);
const head = (method: string, path: string, headers = {}): string =>
  requestHead(relay.token, method, path, headers);

/** The relay has looked at so many requests that have not ended. */
async function untilRunning(count: number): Promise<void> {
  while (relay.running.count < count) await new Promise((resolve) => setImmediate(resolve));
}

describe("a relay that stops", () => {
  it.each(paths)("lets a stream of %s end in its time", async (path) => {
    relay = await startTestRelay();
    const stream = await begin(path, "[sim:slow events=5 delay_ms=10]");
    const [text] = await Promise.all([stream.rest(), relay.close(30_000)]);
    expect(text).toMatch(/response\.completed|\[DONE\]/);
  });

  it.each(paths)(
    "then ends a stream of %s with an error, and not as if it were whole",
    async (path) => {
      relay = await startTestRelay();
      const stream = await begin(path, "[sim:stall after=8] one two three four");
      const [text, log] = await Promise.all([stream.rest(), relay.closeAndReadLog(1)]);
      expect(text).toContain('"relay_stopping"');
      expect(text).not.toMatch(/response\.completed|\[DONE\]/);
      expect(log.filter(({ phase }) => phase === "outbound_response")).toMatchObject([
        { status_code: 200, outcome: "failed", error: { code: "relay_stopping" } },
      ]);
    },
  );

  it.each(paths)("answers 503 on %s where no answer has begun", async (path) => {
    relay = await startTestRelay();
    const pending = [true, false].map((stream) =>
      relay.post(path, ask[path]("[sim:silence]", stream)),
    );
    await untilRunning(2);
    const [log, ...answers] = await Promise.all([relay.closeAndReadLog(1), ...pending]);
    for (const answer of answers) {
      expect([answer.status, answer.headers.get("connection")]).toEqual([503, "close"]);
      expect(await answer.json()).toMatchObject({ error: { code: "relay_stopping" } });
    }
    const ends = log.filter(({ phase }) => phase === "outbound_response");
    expect(ends).toMatchObject([{ outcome: "rejected" }, { outcome: "rejected" }]);
  });

  it("answers 503 where a body has not come to its end", async () => {
    relay = await startTestRelay();
    const json = await talk(
      `${head("POST", "/v1/responses", { "content-type": "application/json", "content-length": "9" })}\r\n{`,
    );
    const form = await talk(
      `${head("POST", "/v1/files", { "content-type": "multipart/form-data; boundary=x", "content-length": "999" })}\r\n--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nabc`,
    );
    await untilRunning(2);
    await relay.close(1);
    for (const answer of [await json.ended, await form.ended]) {
      expect(answer).toMatch(/^HTTP\/1\.1 503 /);
      expect(answer).toContain('"relay_stopping"');
    }
  });

  it("ends a body whose reading begins when the time is over already", async () => {
    const ended = new RelayError("relay_stopping", "The relay stops.");
    const request = (type: string) =>
      Object.assign(new PassThrough(), { headers: { "content-type": type } }) as never;
    const signal = AbortSignal.abort(ended);
    const decoderOf = createDecoders({ decode: async (bytes) => bytes });
    const readBody = createBodyReader({ limitBytes: 10, decoderOf });
    await expect(readBody(request("application/json"), signal)).rejects.toBe(ended);
    const form = request("multipart/form-data; boundary=x");
    const taken = async () => undefined;
    await expect(readForm(form, taken, taken, signal)).rejects.toBe(ended);
    relay = await startTestRelay();
  });

  it("sends a request away that comes meanwhile, and closes its connection", async () => {
    relay = await startTestRelay();
    const stream = await begin("/v1/responses", "[sim:slow events=20 delay_ms=10]");
    const late = await talk(head("GET", "/v1/models"));
    // Its head is half there when the relay is asked to stop; the answer proves that it was read.
    await relay.get("/healthz");
    const closed = relay.close(30_000);
    late.say("\r\n");
    const answer = await late.ended;
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer.toLowerCase()).toContain("\r\nconnection: close\r\n");
    expect(await stream.rest()).toContain("response.completed");
    await closed;
  });

  it("waits for no connection on which nothing was said", async () => {
    relay = await startTestRelay();
    const silent = await talk("");
    await relay.get("/healthz");
    await relay.close(3_600_000);
    expect(await silent.ended).toBe("");
  });

  it("cuts a client that does not take the error", async () => {
    relay = await startTestRelay();
    const body = JSON.stringify(ask["/v1/responses"]("[sim:long events=200000]", true));
    const { hostname, port } = new URL(relay.url);
    const socket = connect(Number(port), hostname);
    socket.on("error", () => undefined).pause();
    socket.write(
      `${head("POST", "/v1/responses", { "content-type": "application/json", "content-length": body.length })}\r\n${body}`,
    );
    await untilRunning(1);
    const log = await relay.closeAndReadLog(1);
    expect(log.filter(({ phase }) => phase === "outbound_response")).toHaveLength(1);
    expect(relay.running.count).toBe(0);
    socket.destroy();
  });
});
