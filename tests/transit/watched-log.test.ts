import { describe, expect, it } from "vitest";
import { LoggedJson } from "../../src/scope.ts";
import { createEntry } from "../../src/transit/entry.ts";
import { type WatchedRequest, watchedLog } from "../../src/transit/watched-log.ts";
import { settableClock } from "../helpers/local-state.ts";

/** A log that keeps what is finished, under a watcher that keeps what it is told. */
function open() {
  const finished: string[] = [];
  const told: string[] = [];
  let request: WatchedRequest | undefined;
  const clock = settableClock(0);
  const log = watchedLog(
    {
      open: (requestId) => createEntry({ requestId, clock, content: "full" }),
      finish: (entry) => finished.push(entry.close()),
      close: async () => undefined,
    },
    {
      started(each) {
        request = each;
        told.push("started");
      },
      ended: (_each, isShown) => told.push(isShown ? "ended" : "ended unseen"),
    },
  );
  const entry = log.open("req_1");
  const end = async (): Promise<void> => {
    entry.record("outbound_response", {
      status_code: 200,
      outcome: "completed",
      first_byte_ms: 5,
      duration_ms: 9,
    });
    log.finish(entry);
    await Promise.resolve();
  };
  return { log, entry, finished, told, end, request: () => request };
}

describe("a watched log", () => {
  it("tells a request from its start to its end, and writes what it would write anyway", async () => {
    const { entry, finished, told, end, request } = open();

    entry.record("inbound_request", { method: "POST", path: "/v1/responses" });
    expect(told).toEqual(["started"]);
    const body = { model: "gpt-4o" };
    entry.record("inbound_body", { body: new LoggedJson(body, JSON.stringify(body)) });
    expect(request()).toMatchObject({ model: "gpt-4o", hasBegun: false });
    entry.record("upstream_request", { body: { model: "gpt-5.5" } });
    entry.begun?.();
    entry.record("upstream_usage", {
      usage: { input_tokens: 9, input_tokens_details: { cached_tokens: 4 }, output_tokens: 2 },
    });
    await end();

    expect(told).toEqual(["started", "ended"]);
    expect(request()).toEqual({
      id: "req_1",
      method: "POST",
      path: "/v1/responses",
      model: "gpt-5.5",
      hasBegun: true,
      tokens: { input: 9, cached: 4, output: 2 },
      ending: { status: 200, outcome: "completed", code: undefined, firstByteMs: 5, durationMs: 9 },
    });
    expect(finished.join("").match(/"phase"/g)).toHaveLength(5);
  });

  it("does not show what the log does not keep: a poll, or one of a flood", async () => {
    const poll = open();
    poll.entry.record("inbound_request", { method: "GET", path: "/healthz" });
    poll.entry.record("outbound_response", { status_code: 200, outcome: "completed" });
    await Promise.resolve();
    const flood = open();
    flood.entry.discard();
    await flood.end();

    expect([poll.told, flood.told]).toEqual([["started", "ended unseen"], ["ended unseen"]]);
  });
});
