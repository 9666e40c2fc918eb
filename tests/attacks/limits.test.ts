/** Floods and guesses: T7, T31 of tests/attacks/README.md; the counting itself is in tests/access/limits.test.ts. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ask } from "../helpers/raw-http.ts";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";

let relay: TestRelay;
afterEach(() => relay.close());

const bearer = (token: string): string => `Authorization: Bearer ${token}`;

/** So few that no test is slow enough to get one back. */
const slow = { AIRELAYS_RATE_LIMIT_PER_MINUTE: "1" };

describe("a relay under a flood", () => {
  it("tells its own limit on its 429, not the plan's", async () => {
    relay = await startTestRelay({ env: { ...slow, AIRELAYS_RATE_LIMIT_BURST: "1" } });
    const headers = [bearer(relay.token)];
    expect((await ask(relay.url, { headers })).status).toBe(200);
    const { status, headers: told } = await ask(relay.url, { headers });
    expect(status).toBe(429);
    expect(told).toMatchObject({
      "retry-after": expect.stringMatching(/^\d\d$/),
      "x-ratelimit-limit-requests": "1",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": expect.stringMatching(/^(\d\d(\.\d)?s|1m0s)$/),
    });
    expect(told).not.toHaveProperty("x-codex-primary-used-percent");
  });

  it("keeps the requests of the token for those who have it, however often `/healthz` is asked", async () => {
    relay = await startTestRelay({ env: { ...slow, AIRELAYS_RATE_LIMIT_BURST: "3" } });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      statuses.push((await ask(relay.url, { target: "/healthz" })).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect((await ask(relay.url, { headers: [bearer(relay.token)] })).status).toBe(200);
  });

  it("answers `/healthz` while every place of the token is taken", async () => {
    relay = await startTestRelay({ env: { AIRELAYS_CONCURRENT_REQUESTS_PER_IP: "1" } });
    const stream = await relay.post("/v1/responses", {
      model: "gpt-5.5",
      input: "[sim:stall after=1] one two",
      stream: true,
    });
    expect((await ask(relay.url, { headers: [bearer(relay.token)] })).status).toBe(429);
    expect((await ask(relay.url, { target: "/healthz" })).status).toBe(200);
    await stream.body?.cancel();
  });

  it("T31 answers twenty wrong tokens with 401, then 429, and the right one all the same", async () => {
    relay = await startTestRelay();
    const statuses: number[] = [];
    let last = {};
    for (let i = 0; i < 20; i += 1) {
      const answer = await ask(relay.url, { headers: [bearer(`wrong-${i}`)] });
      statuses.push(answer.status);
      last = answer.headers;
    }
    expect(statuses).toEqual([...Array(8).fill(401), ...Array(12).fill(429)]);
    expect(last).toMatchObject({ "retry-after": expect.stringMatching(/^(899|900)$/) });
    expect((await ask(relay.url, { headers: [bearer(relay.token)] })).status).toBe(200);
  });

  it("T7 T31 lets no claimed address escape the block, and none bring it on somebody else", async () => {
    relay = await startTestRelay({ env: { AIRELAYS_FAILED_AUTH_MAX_ATTEMPTS: "2" } });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      const headers = [bearer("wrong"), `X-Forwarded-For: 192.0.2.${i}`];
      statuses.push((await ask(relay.url, { headers })).status);
    }
    expect(statuses).toEqual([401, 401, 429, 429]);
  });

  it("T31 blocks guesses from ever new addresses, and never the right token", async () => {
    relay = await startTestRelay({
      env: {
        AIRELAYS_FAILED_AUTH_MAX_ATTEMPTS: "2",
        AIRELAYS_TRUST_X_FORWARDED_FOR: "true",
      },
    });
    const statusFrom = async (address: string, token: string) =>
      (await ask(relay.url, { headers: [bearer(token), `X-Forwarded-For: ${address}`] })).status;
    const statuses: number[] = [];
    for (let i = 0; i < 24; i += 1) statuses.push(await statusFrom(`192.0.2.${i}`, "wrong"));
    expect(statuses).toEqual([...Array(20).fill(401), ...Array(4).fill(429)]);
    expect(await statusFrom("192.0.2.99", relay.token)).toBe(200);
  });

  it("T7 counts each client of a trusted proxy apart", async () => {
    relay = await startTestRelay({
      env: {
        AIRELAYS_FAILED_AUTH_MAX_ATTEMPTS: "1",
        AIRELAYS_TRUST_X_FORWARDED_FOR: "true",
      },
    });
    const statusFor = async (address: string) =>
      (await ask(relay.url, { headers: [bearer("wrong"), `X-Forwarded-For: ${address}`] })).status;
    expect([
      await statusFor("192.0.2.1"),
      await statusFor("192.0.2.1"),
      await statusFor("192.0.2.2"),
      // What the client itself wrote stands left of what the proxy wrote.
      await statusFor("192.0.2.3, 192.0.2.1"),
    ]).toEqual([401, 429, 401, 429]);
  });
});

describe("a flood that nobody let in", () => {
  it("T58 takes a bounded part of the log, whichever check refuses it", async () => {
    relay = await startTestRelay();
    const long = "x".repeat(10_000);
    for (let i = 0; i < 60; i += 1) {
      await ask(relay.url, { headers: [`X-Any: ${long}`] });
      await ask(relay.url, { target: "/%ff", headers: [`X-Any: ${long}`] });
      await ask(relay.url, { method: "POST", target: "/healthz", headers: [`X-Any: ${long}`] });
      await ask(relay.url, { host: "evil.example", headers: [`X-Any: ${long}`] });
    }
    const records = await relay.closeAndReadLog();
    // A little more than the hundred that are kept at once: time passes.
    expect(new Set(records.map(({ request_id }) => request_id)).size).toBeLessThan(110);
    expect(JSON.stringify(records).length).toBeLessThan(150_000);
  });
});

describe("a flood of whoever has the token", () => {
  it("T58 takes the room of the log and no more: the oldest files go, and the relay keeps answering", async () => {
    const bound = 400_000;
    relay = await startTestRelay({
      env: {
        AIRELAYS_LOG_MAX_TOTAL_BYTES: String(bound),
        AIRELAYS_RATE_LIMIT_PER_MINUTE: "100000",
        AIRELAYS_RATE_LIMIT_BURST: "100000",
      },
    });
    const { logsDir } = relay.loaded.config.paths;
    const input = `Say tree. ${"x".repeat(20_000)}`;
    const statuses: number[] = [];
    let largest = 0;
    for (let i = 0; i < 60; i += 1) {
      const answer = await relay.post("/v1/responses", { model: "gpt-5.5", input });
      statuses.push(answer.status);
      await answer.text();
      largest = Math.max(largest, await bytesIn(logsDir));
    }
    expect(new Set(statuses)).toEqual(new Set([200]));
    // A write and a sweep may be under way: 60 KB each request, and several in a row.
    expect(largest).toBeLessThan(bound * 1.5);
    expect(relay.notices).toEqual([expect.stringContaining("`logging.max_total_bytes`")]);
    const records = await relay.closeAndReadLog();
    const closing = records.filter(({ phase }) => phase === "outbound_response");
    // 3.6 MB went through; the newest is there, and what is missing is told.
    expect(closing.length).toBeLessThan(10);
    expect(closing.length).toBeGreaterThan(0);
    expect(records.some(({ phase }) => phase === "log_pruned")).toBe(true);
  }, 60_000);
});

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(folder, name)).catch(() => undefined);
      return found?.isFile() ? found.size : 0;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
