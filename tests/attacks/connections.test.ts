/** What one connection can be made to do: T10, T44, T52 of tests/attacks/README.md. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, parse, raw, upgradeHeaders } from "../helpers/raw-http.ts";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";

let relay: TestRelay;
let host: string;
let bearer: string;
beforeAll(async () => {
  relay = await startTestRelay({ env: { AIRELAYS_RATE_LIMIT_BURST: "10000" } });
  ({ host } = new URL(relay.url));
  bearer = `Authorization: Bearer ${relay.token}`;
});
afterAll(() => relay.close());

const request = (line: string, ...headers: string[]): string =>
  `${[`${line} HTTP/1.1`, `Host: ${host}`, ...headers].join("\r\n")}\r\n\r\n`;
const answersIn = (text: string): number => text.match(/HTTP\/1\.1 \d/g)?.length ?? 0;
const statusesIn = (text: string) =>
  [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => code);

describe("a client that does not wait for its answers", () => {
  // An error in here would be one that nobody catches, and fails the run.
  it.each(["websocket", "h2c"])(
    "T10 gets the answers that it is owed and no upgrade to %s behind them",
    async (protocol) => {
      const upgrade = upgradeHeaders.map((line) => line.replace("websocket", protocol));
      const asked =
        request("GET /healthz") +
        request("GET /v1/models") +
        request("GET /v1/responses", bearer, ...upgrade);
      expect(statusesIn(await raw(relay.url, asked.repeat(2)))).toEqual(["200", "401"]);
    },
  );

  it.each([0, 1])(
    "T55 ends every request of its own by leaving, with %i upgrades",
    async (upgrades) => {
      const body = JSON.stringify({ model: "gpt-5.5", input: "[sim:hold]", stream: true });
      const length = `Content-Length: ${body.length}`;
      const head = request("POST /v1/responses", bearer, "Content-Type: application/json", length);
      const upgrade = request("GET /v1/responses", bearer, ...upgradeHeaders);
      const asked = (head + body).repeat(3) + upgrade.repeat(upgrades);
      await raw(relay.url, asked, (answer) => answersIn(answer) === 1);
      await expect.poll(() => relay.running.count).toBe(0);
    },
  );
});

it("T10 gives HTTP/1.0 no WebSocket", async () => {
  const asked = request("GET /v1/responses", bearer, ...upgradeHeaders);
  const old = asked.replace("HTTP/1.1", "HTTP/1.0");
  expect(statusesIn(await raw(relay.url, old, (answer) => answersIn(answer) === 1))).toEqual([
    "426",
  ]);
});

describe("a client that asks before it sends its body", () => {
  const expecting = ["Expect: 100-continue", "Content-Type: application/json"];

  it("T52 is told to go on only when it was let in", async () => {
    const headers = [...expecting, "Content-Length: 30000000"];
    for (const [target, own, status] of [
      ["/v1/responses", [], 401],
      ["/v1/responses", [bearer], 413],
      ["/v1/nothing", [bearer], 404],
    ] as const) {
      const size = status === 413 ? ["Content-Length: 900000000"] : headers.slice(-1);
      const sent = [...expecting, ...own, ...size];
      const answer = await ask(relay.url, { method: "POST", target, headers: sent });
      expect([target, answer.status]).toEqual([target, status]);
    }
  });

  it("is told to go on when its body is read", async () => {
    const body = JSON.stringify({ model: "gpt-5.5", input: "Hi" });
    const head = request(
      "POST /v1/responses",
      bearer,
      ...expecting,
      `Content-Length: ${body.length}`,
      "Connection: close",
    );
    const { port, hostname } = new URL(relay.url);
    const socket = connect(Number(port), hostname).setEncoding("utf8");
    socket.write(head);
    let text = "";
    await new Promise<void>((resolve) => {
      socket.on("data", (part: string) => {
        // The body only when it was asked for.
        if (text === "") socket.write(body);
        text += part;
      });
      socket.on("close", () => resolve());
    });
    expect(statusesIn(text)).toEqual(["100", "200"]);
  });
});

describe("a client that reads nothing before it has sent everything", () => {
  const sendAll = (head: string, bytes: number): Promise<string> => {
    const { port, hostname } = new URL(relay.url);
    const socket = connect(Number(port), hostname).setEncoding("utf8");
    return new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.write(head);
      socket.write(Buffer.alloc(bytes, 0x20), () => {
        let text = "";
        socket.on("data", (part: string) => {
          text += part;
        });
        socket.on("close", () => resolve(text));
      });
    });
  };

  it.each([
    ["no token", [], 401, "invalid_api_key"],
    ["too much", ["bearer"], 413, "request_too_large"],
  ] as const)("T44 is told why it was refused: %s", async (_name, own, status, code) => {
    const bytes = 40_000_000;
    const head = request(
      "POST /v1/responses",
      ...own.map(() => bearer),
      "Content-Type: application/json",
      `Content-Length: ${bytes}`,
    );
    const answer = parse(await sendAll(head, bytes));
    expect([answer.status, answer.headers["connection"]]).toEqual([status, "close"]);
    expect(answer.body).toContain(code);
  });

  it("T44 is asked nothing more, whatever it sends behind its refused request", async () => {
    const bytes = 1_000_000;
    const head = request("POST /v1/responses", `Content-Length: ${bytes}`);
    const { port, hostname } = new URL(relay.url);
    const socket = connect(Number(port), hostname).setEncoding("utf8");
    let text = "";
    await new Promise<void>((resolve) => {
      socket.on("data", (part: string) => {
        // A whole body, and one more request, while the connection is being closed.
        if (text === "") {
          socket.write(Buffer.alloc(bytes, 0x20));
          socket.end(request("GET /healthz"));
        }
        text += part;
      });
      socket.on("error", () => undefined);
      socket.on("close", () => resolve());
      socket.write(head);
    });
    expect(statusesIn(text)).toEqual(["401"]);
  });
});
