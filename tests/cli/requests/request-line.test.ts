import picocolors from "picocolors";
import { describe, expect, it } from "vitest";
import {
  formatPairs,
  formatPlain,
  formatRecord,
  formatRunning,
  formatShort,
} from "../../../src/cli/requests/request-line.ts";
import type { WatchedRequest } from "../../../src/transit/watched-log.ts";

const colors = picocolors.createColors(false);

const request = (more: Partial<WatchedRequest> = {}): WatchedRequest => ({
  id: "req_1",
  method: "POST",
  path: "/v1/responses",
  model: "gpt-5.5",
  hasBegun: true,
  tokens: { input: 12_345, cached: 950, output: 80 },
  ending: {
    status: 200,
    outcome: "completed",
    code: undefined,
    firstByteMs: 812,
    durationMs: 3_410,
  },
  ...more,
});

const ended = (outcome: string, status: number, code?: string): WatchedRequest =>
  request({
    tokens: undefined,
    ending: { status, outcome, code, firstByteMs: undefined, durationMs: 40 },
  });

describe("a request that is over", () => {
  it("has a short form, one in words, and one for programs", () => {
    expect([
      formatShort(request(), colors),
      formatPlain(request()),
      formatRecord(request()),
    ]).toEqual([
      "POST /v1/responses gpt-5.5 ok 0.8/3.4s in 12k cached 950 out 80",
      "POST /v1/responses, gpt-5.5: ok; first byte after 0.8 seconds; took 3.4 seconds; 12345 tokens in, 950 of them cached, 80 out",
      "request id=req_1 method=POST path=/v1/responses model=gpt-5.5 status=200 outcome=completed first_byte_ms=812 duration_ms=3410 input_tokens=12345 cached_tokens=950 output_tokens=80",
    ]);
  });

  it.each([
    [ended("client_gone", 499), "client left 0.0s"],
    [ended("upstream_cut", 200, "upstream_timeout"), "cut off upstream_timeout 0.0s"],
    [ended("failed", 200, "upstream_error"), "failed upstream_error 0.0s"],
    [ended("rejected", 429, "usage_limit_reached"), "refused 429 usage_limit_reached 0.0s"],
    [ended("completed", 101), "connected 0.0s"],
  ])("says in words how it ended: %#", (each, words) => {
    expect(formatShort(each, colors)).toBe(`POST /v1/responses gpt-5.5 ${words}`);
  });

  it("stays one line whatever the client's text ends in", () => {
    const each = request({ model: "gpt-5.5\r\n\n\t" });
    const texts = [formatShort(each, colors), formatPlain(each), formatRecord(each)];
    for (const text of [...texts, formatRunning(each, 0)]) {
      expect(text).toContain("gpt-5.5");
      expect(text).not.toMatch(/[\r\n\t]|\\n/);
    }
  });

  it("shows of a client's text what a terminal can bear, and no long secret", () => {
    const odd = request({ model: `a\u001b[2J\n${"b".repeat(300)}`, path: `/v1/${"k".repeat(50)}` });
    const text = [formatShort(odd, colors), formatPlain(odd), formatRecord(odd)].join("\n");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(text).not.toMatch(/\u001b|b{250}/);
    expect(formatShort(odd, colors)).not.toContain("k".repeat(20));
    expect(text.split("\n")).toHaveLength(3);
  });
});

it("a request that runs says first what it does, because the end may be cut", () => {
  expect([
    formatRunning(request({ hasBegun: false }), 1_999),
    formatRunning(request(), 65_000),
  ]).toEqual(["waits 1s POST /v1/responses gpt-5.5", "answers 65s POST /v1/responses gpt-5.5"]);
});

it("pairs are quoted where they have to be", () => {
  expect(formatPairs({ a: 'x=1 "y"', b: undefined, c: 3 })).toBe('a="x=1 \\"y\\"" c=3');
});
