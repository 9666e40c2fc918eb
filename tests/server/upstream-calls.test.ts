/** How often the upstream is asked for one request. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestRelay } from "../helpers/test-relay.ts";
import { relayOver, transports } from "../helpers/transports.ts";

describe.each(transports)("over %s", (transport) => {
  let relay: TestRelay;
  beforeAll(async () => {
    relay = await relayOver(transport)({
      env: {
        AIRELAYS_RETRY_ATTEMPTS: "2",
        AIRELAYS_RATE_LIMIT_PER_MINUTE: "100000",
        AIRELAYS_RATE_LIMIT_BURST: "100000",
      },
    });
  });
  afterAll(() => relay.close());

  async function callsFor(
    text: string,
    stream: boolean,
  ): Promise<{ status: number; calls: number }> {
    await fetch(`${relay.simulator.url}/simulator/requests`, { method: "DELETE" });
    const answer = await relay.post("/v1/responses", { model: "gpt-5.5", input: text, stream });
    await answer.arrayBuffer();
    return { status: answer.status, calls: (await relay.upstreamBodies()).length };
  }

  it.each([
    ["bad-request", 400],
    ["model-not-supported", 404],
    ["cloudflare", 502],
    ["deactivated-workspace", 403],
    ["not-found", 404],
    ["usage-limit", 429],
    ["rate-limit", 429],
    ["context-length", 400],
  ] as const)("T57 asks once for what is refused for good: %s", async (variant, status) => {
    for (const stream of [true, false]) {
      expect(await callsFor(`[sim:${variant}]`, stream)).toEqual({ status, calls: 1 });
    }
  });

  it("T57 asks once more with a fresh login after a 401, and no more", async () => {
    const { calls } = await callsFor("[sim:unauthorized]", true);
    expect(calls).toBe(2);
  });

  it.each(["server-error retry_after=0", "overloaded retry_after=0"])(
    "T57 asks three times at most for what may pass: %s",
    async (variant) => {
      const { status, calls } = await callsFor(`[sim:${variant}]`, true);
      expect([status >= 500, calls]).toEqual([true, 3]);
    },
  );

  it.each(["cut", "end"])("T57 never asks again once there was output: %s", async (variant) => {
    const { calls } = await callsFor(`[sim:${variant} after=8] one two three`, true);
    expect(calls).toBe(1);
  });
});
