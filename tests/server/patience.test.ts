/** Clients that begin a request and do not end it. */
import { afterEach, describe, expect, it } from "vitest";
import { connectRaw, requestHead } from "../helpers/raw-client.ts";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";

let relay: TestRelay;
afterEach(() => relay.close());

const hasty = { headersMs: 20, requestMs: 40, checkMs: 5 };
const startHasty = async (): Promise<void> => {
  relay = await startTestRelay({ patience: hasty });
};

function errorOf(answer: string): unknown {
  const [, body = ""] = answer.split("\r\n\r\n");
  return (JSON.parse(body) as { error: { code: string } }).error.code;
}

const json = { "content-type": "application/json", "content-length": "1000" };
const form = { "content-type": "multipart/form-data; boundary=x", "content-length": "1000" };
const part =
  '--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nsome of its bytes';

describe("T47 a client that is too slow", () => {
  it.each([
    ["says nothing", () => ""],
    ["stops within its headers", () => requestHead(relay.token, "GET", "/v1/models")],
    [
      "stops within a JSON body",
      () => `${requestHead(relay.token, "POST", "/v1/responses", json)}\r\n{`,
    ],
    [
      "stops within a chunk",
      () =>
        `${requestHead(relay.token, "POST", "/v1/chat/completions", { "content-type": "application/json", "transfer-encoding": "chunked" })}\r\nff\r\n{`,
    ],
    [
      "stops within an upload",
      () => `${requestHead(relay.token, "POST", "/v1/files", form)}\r\n${part}`,
    ],
  ])("gets 408 in the envelope and a closed connection: one that %s", async (_, text) => {
    await startHasty();
    const { ended } = await connectRaw(relay.url, text());
    const answer = await ended;
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(errorOf(answer)).toBe("request_timeout");
    while (relay.running.count > 0) await new Promise((resolve) => setImmediate(resolve));
    expect((await relay.get("/v1/models")).status).toBe(200);
  });

  it.each([
    ["its headers", () => [requestHead(relay.token, "GET", "/v1/models"), "x-more: 1\r\n"]],
    ["its body", () => [`${requestHead(relay.token, "POST", "/v1/responses", json)}\r\n{`, " "]],
  ])("gets no longer by dripping %s", async (_, texts) => {
    await startHasty();
    const [first, drop] = texts();
    const client = await connectRaw(relay.url, first);
    const drip = setInterval(() => client.say(drop ?? ""), 2);
    expect(await client.ended).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(drip);
  });

  it("is told in the log what it was told", async () => {
    await startHasty();
    for (const [path, headers, body] of [
      ["/v1/responses", json, "{"],
      ["/v1/files", form, part],
    ] as const) {
      const text = `${requestHead(relay.token, "POST", path, headers)}\r\n${body}`;
      await (await connectRaw(relay.url, text)).ended;
    }
    const log = await relay.closeAndReadLog();
    const end = { status_code: 408, outcome: "rejected", error: { code: "request_timeout" } };
    expect(log.filter(({ phase }) => phase === "outbound_response")).toMatchObject([end, end]);
  });

  it("leaves no part of an upload behind", async () => {
    await startHasty();
    const text = `${requestHead(relay.token, "POST", "/v1/files", form)}\r\n${part}`;
    await (await connectRaw(relay.url, text)).ended;
    const { data } = (await (await relay.get("/v1/files")).json()) as { data: unknown[] };
    expect(data).toEqual([]);
  });
});

it("lets an answer take as long as it takes, once the request is there", async () => {
  await startHasty();
  const body = { model: "gpt-5.5", input: "[sim:slow events=20 delay_ms=10]" };
  expect((await relay.post("/v1/responses", body)).status).toBe(200);
});

it("closes a connection that is idle for long", async () => {
  relay = await startTestRelay({ patience: { idleMs: 10 } });
  const { ended } = await connectRaw(
    relay.url,
    `${requestHead(relay.token, "GET", "/healthz")}\r\n`,
  );
  expect(await ended).toMatch(/^HTTP\/1\.1 200 /);
});
