/** A relay on the stand-in, sent what no client should send. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";
import { requests } from "./requests.ts";
import { runs, seed } from "./seed.ts";
import { eachOf, sendOnWire, type WireAnswer } from "./wire.ts";

const atOnce = 48;

let relay: TestRelay;
beforeAll(async () => {
  relay = await startTestRelay({
    // Most of what is cut short waits for its rest.
    patience: { headersMs: 200, requestMs: 200, checkMs: 20 },
    env: {
      AIRELAYS_RATE_LIMIT_PER_MINUTE: "1000000",
      AIRELAYS_RATE_LIMIT_BURST: "1000000",
      AIRELAYS_FAILED_AUTH_MAX_ATTEMPTS: "1000000",
      // Places that are not given back show as 429. Twice as many as are sent at once: the relay
      // learns of a connection that its client has closed a moment later.
      AIRELAYS_CONCURRENT_REQUESTS_PER_IP: String(atOnce * 2),
      AIRELAYS_MAX_BODY_BYTES: "1000000",
    },
  });
});
afterAll(() => relay.close());

/** What is wrong with the answer; undefined when nothing is. */
function faultOf({ status, head, body }: WireAnswer, method: string): string | undefined {
  if (status === 0) return `no answer: ${head.slice(0, 200)}`;
  if (status === 429) return "a place was not given back, or a limit met";
  if (status < 400 || method === "HEAD") return status === 500 ? "500" : undefined;
  const error = errorOf(body);
  if (error === undefined) return `${status} without the envelope: ${body.slice(0, 200)}`;
  if (status < 500 || status === 501) return undefined;
  // Not every dialect tells the code; a defect's own status does.
  const isUpstreams = status !== 500 && String(error.code ?? "upstream_").startsWith("upstream_");
  return isUpstreams ? undefined : `${status} ${error.code}`;
}

function errorOf(body: string): { readonly code?: unknown } | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown } | string };
    return typeof error === "string" ? {} : error;
  } catch {
    return undefined;
  }
}

async function untilIdle(): Promise<void> {
  while (relay.running.count > 0) await new Promise((resolve) => setImmediate(resolve));
  for (;;) {
    const answer = await fetch(`${relay.simulator.url}/simulator/state`);
    if (((await answer.json()) as { open_streams: number }).open_streams === 0) return;
  }
}

it("answers 10,000 mutated requests, none with a failure of its own", {
  timeout: 120_000,
}, async () => {
  const port = Number(new URL(relay.url).port);
  const statuses: Record<number, number> = {};
  await eachOf(
    fc.sample(requests(relay.token), { numRuns: runs, seed }),
    atOnce,
    async (request, index) => {
      const answer = await sendOnWire(port, request.bytes, request.method);
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      const fault = faultOf(answer, request.method);
      if (fault === undefined) return;
      const sent = JSON.stringify(request.bytes.toString("latin1").slice(0, 2_000));
      throw new Error(`${fault}\nFUZZ_SEED=${seed}, request ${index}: ${sent}`);
    },
  );
  process.stdout.write(`fuzz: statuses ${JSON.stringify(statuses)}\n`);
  await untilIdle();
  expect((await relay.get("/healthz")).status).toBe(200);
  const body = { model: "gpt-5.5", input: "Say tree." };
  const answers = await Promise.all(
    Array.from({ length: atOnce }, () => relay.post("/v1/responses", body)),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect({}).not.toHaveProperty("polluted");
  expect(relay.notices).toEqual([]);
  // Enough of them came as far as an answer.
  expect(statuses[200]).toBeGreaterThan(runs / 20);
});
