import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { answerBadRequests } from "../../src/server/bad-request.ts";
import { listen } from "../../src/server/listen.ts";
import { followAnswers } from "../../src/server/owed-answers.ts";
import { startTestRelay } from "../helpers/test-relay.ts";

/** Sends text as it is, and more after the first answer; gives what comes back until the close. */
function raw(port: number, text: string, more = ""): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (part) => {
      if (answer === "") socket.write(more);
      answer += String(part);
    });
    // A connection may be reset when not all of the request was read.
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(answer));
  });
}

function parse(answer: string) {
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  const [line, ...headers] = head.toLowerCase().split("\r\n");
  const status = Number(/^http\/1\.1 (\d{3}) /.exec(line ?? "")?.[1]);
  return { status, headers, body: JSON.parse(body) as { error: object } };
}

async function start(handler: RequestListener): Promise<number> {
  const { port, close } = await listen(handler, { host: "127.0.0.1", port: 0 });
  onTestFinished(() => close(0));
  return port;
}

const host = "host: 127.0.0.1\r\n";
const chunked = `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n`;
const silent: RequestListener = () => undefined;

it.each([
  ["text that is not HTTP", "hello\r\n\r\n", 400, "invalid_request"],
  ["a chunk without a size", `${chunked}ZZ\r\n`, 400, "invalid_request"],
  [
    "headers without end",
    `GET / HTTP/1.1\r\n${host}x: ${"y".repeat(20_000)}\r\n\r\n`,
    431,
    "headers_too_large",
  ],
  [
    "chunks with long extensions",
    `${chunked}5;${"x".repeat(20_000)}\r\n`,
    413,
    "request_too_large",
  ],
  ["an expectation", `GET / HTTP/1.1\r\n${host}expect: more\r\n\r\n`, 417, "expectation_failed"],
])("answers %s in the envelope, and closes", async (_, text, expected, code) => {
  const { status, headers, body } = parse(await raw(await start(silent), text));
  expect(status).toBe(expected);
  expect(headers).toEqual(
    expect.arrayContaining([
      "connection: close",
      `content-length: ${JSON.stringify(body).length}`,
      "content-type: application/json; charset=utf-8",
    ]),
  );
  expect(body).toEqual({
    error: { message: expect.any(String), type: "invalid_request_error", code, param: null },
  });
});

it("T47 tells a client that stops in the middle that it was too slow", async () => {
  const server: Server = createServer(
    { headersTimeout: 1, requestTimeout: 1, connectionsCheckingInterval: 1 },
    silent,
  );
  answerBadRequests(server, followAnswers(server));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { status, body } = parse(await raw((server.address() as AddressInfo).port, "GET / HT"));
  expect([status, body.error]).toMatchObject([408, { code: "request_timeout" }]);
});

it("puts nothing into an answer that has begun", async () => {
  const port = await start((_req, res) => res.write("begun"));
  const answer = await raw(port, `GET / HTTP/1.1\r\n${host}\r\n`, "hello\r\n\r\n");
  // Cut off, without the chunk that ends it.
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(answer.endsWith("\r\n\r\n5\r\nbegun\r\n")).toBe(true);
});

it("answers what follows an answer that is complete", async () => {
  const port = await start((_req, res) => res.end("whole"));
  const answer = await raw(port, `GET / HTTP/1.1\r\n${host}\r\n`, "hello\r\n\r\n");
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(answer).toContain("wholeHTTP/1.1 400 Bad Request\r\n");
});

it("answers a request without a Host, and goes on", async () => {
  const relay = await startTestRelay({ signedIn: false });
  onTestFinished(() => relay.close());
  const port = Number(new URL(relay.url).port);
  const answer = await raw(port, "GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n");
  const { status, body } = parse(answer);
  expect([status, body.error]).toMatchObject([400, { code: "invalid_request" }]);
  expect((await relay.get("/healthz")).status).toBe(200);
});
