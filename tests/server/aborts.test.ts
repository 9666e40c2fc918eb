/** Clients that leave in every moment, and many that stay. */
import fc from "fast-check";
import { afterEach, expect, it } from "vitest";
import { seed } from "../fuzz/seed.ts";
import { eachOf } from "../fuzz/wire.ts";
import { connectRaw, requestHead } from "../helpers/raw-client.ts";
import { openSocket } from "../helpers/socket-client.ts";
import { type LogRecord, startTestRelay, type TestRelay } from "../helpers/test-relay.ts";
import { relayOver, transports } from "../helpers/transports.ts";

let relay: TestRelay;
afterEach(() => relay.close());

const limits = (concurrent: number) => ({
  AIRELAYS_RATE_LIMIT_PER_MINUTE: "1000000",
  AIRELAYS_RATE_LIMIT_BURST: "1000000",
  AIRELAYS_CONCURRENT_REQUESTS_PER_IP: String(concurrent),
});

const bodyOf = (path: string, text: string, stream: boolean) =>
  path === "/v1/responses"
    ? { model: "gpt-5.5", input: text, stream }
    : { model: "gpt-5.5", messages: [{ role: "user", content: text }], stream };

const turns = (count: number): Promise<void> =>
  Array.from({ length: count }).reduce<Promise<void>>(
    (before) => before.then(() => new Promise((resolve) => setImmediate(resolve))),
    Promise.resolve(),
  );

/** Nothing runs here, and nothing at the upstream. */
async function untilIdle(): Promise<void> {
  while (relay.running.count > 0) await turns(1);
  for (;;) {
    const answer = await fetch(`${relay.simulator.url}/simulator/state`);
    if (((await answer.json()) as { open_streams: number }).open_streams === 0) break;
  }
  for (;;) {
    const answer = await fetch(`${relay.simulator.url}/simulator/requests`);
    const calls = (await answer.json()) as { finished: boolean; aborted: boolean }[];
    if (calls.every((call) => call.finished || call.aborted)) return;
  }
}

/** Each request has one closing record, and nothing after it. */
function expectClosed(log: readonly LogRecord[]): void {
  const phases = new Map<string, string[]>();
  for (const { request_id, phase } of log) {
    const known = phases.get(String(request_id)) ?? [];
    phases.set(String(request_id), [...known, phase]);
  }
  const open = [...phases].filter(
    ([, each]) => each.filter((phase) => phase === "outbound_response").length !== 1,
  );
  expect(open).toEqual([]);
}

interface Leaving {
  readonly by: "http" | "websocket";
  readonly path: "/v1/responses" | "/v1/chat/completions";
  readonly stream: boolean;
  readonly text: string;
  /** Before all is sent, so many turns of the loop later, or with the first bytes of the answer. */
  readonly when: "half" | number | "answer";
}

const leavings: fc.Arbitrary<Leaving> = fc.record({
  by: fc.constantFrom("http", "http", "http", "websocket"),
  path: fc.constantFrom("/v1/responses", "/v1/chat/completions"),
  stream: fc.boolean(),
  text: fc.constantFrom(
    "Say tree.",
    "[sim:slow events=20 delay_ms=5]",
    "[sim:stall after=6] one two three",
    "[sim:long events=400]",
    "[sim:silence]",
    "[sim:server-error]",
  ),
  when: fc.oneof(fc.constant("half" as const), fc.nat(60), fc.constant("answer" as const)),
});

async function leaveHttp({ path, stream, text, when }: Leaving): Promise<void> {
  const body = JSON.stringify(bodyOf(path, text, stream));
  const headers = { "content-type": "application/json", "content-length": String(body.length) };
  const bytes = `${requestHead(relay.token, "POST", path, headers)}\r\n${body}`;
  const half = when === "half";
  const client = await connectRaw(relay.url, half ? bytes.slice(0, bytes.length / 2) : bytes);
  // Some of these never answer; the others may be sooner or later than their first bytes.
  const waits = when === "answer" && /long|slow|tree/.test(text);
  if (waits) await client.answered;
  else await turns(typeof when === "number" ? when : 5);
  client.leave();
}

async function leaveSocket({ text, when }: Leaving): Promise<void> {
  const client = await openSocket(relay);
  client.create({ input: text });
  if (when === "answer" && /long|slow|tree/.test(text)) await client.until(/./);
  else await turns(typeof when === "number" ? when : 0);
  client.webSocket.terminate();
}

it.each(transports)(
  "T55 gives everything back after 1,000 clients that left, over %s",
  {
    timeout: 60_000,
  },
  async (transport) => {
    const atOnce = 40;
    relay = await relayOver(transport)({ env: limits(atOnce * 3) });
    await eachOf(fc.sample(leavings, { numRuns: 1_000, seed }), atOnce, (leaving) =>
      leaving.by === "http" ? leaveHttp(leaving) : leaveSocket(leaving),
    );
    await untilIdle();
    const answers = await Promise.all(
      Array.from({ length: atOnce * 3 }, () =>
        relay.post("/v1/responses", bodyOf("/v1/responses", "[sim:slow events=3]", false)),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expectClosed(await relay.closeAndReadLog());
  },
);

it("answers /healthz and a request beside 200 slow streams", { timeout: 60_000 }, async () => {
  relay = await startTestRelay({ env: limits(201) });
  const leaving = new AbortController();
  const streams = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const path = index % 2 === 0 ? "/v1/responses" : "/v1/chat/completions";
      const body = bodyOf(path, "[sim:slow events=1000 delay_ms=100]", true);
      const answer = await relay.post(path, body, { signal: leaving.signal });
      const reader = answer.body?.getReader();
      await reader?.read();
      return { status: answer.status, reader };
    }),
  );
  expect(new Set(streams.map(({ status }) => status))).toEqual(new Set([200]));
  expect(relay.running.count).toBe(200);
  expect((await fetch(`${relay.url}/healthz`)).status).toBe(200);
  const answer = await relay.post("/v1/responses", bodyOf("/v1/responses", "Say tree.", false));
  expect([answer.status, relay.running.count]).toEqual([200, 200]);
  leaving.abort();
  await untilIdle();
});
