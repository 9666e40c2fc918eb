import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLimits, type LimitsOptions } from "../../src/access/limits.ts";
import { isRelayError } from "../../src/errors.ts";

// The package of the wrong-token counter reads Date.now by itself, so the tests hold that clock.
beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const clock = { now: () => Date.now() };

function limits(options: Partial<LimitsOptions> = {}) {
  return createLimits({
    ratePerMinute: 120,
    burst: 40,
    concurrent: 8,
    failedAuth: { windowSeconds: 300, maxAttempts: 8, blockSeconds: 900 },
    clock,
    ...options,
  });
}
type Limits = ReturnType<typeof limits>;

/** One request that ends at once: "admitted", or the code and the wait of the refusal. */
function attempt(under: Limits, client = "a"): string {
  try {
    under.admit(client).release();
    return "admitted";
  } catch (error) {
    if (!isRelayError(error)) throw error;
    return `${error.code} ${error.details.retryAfterSeconds}`;
  }
}
const attempts = (under: Limits, count: number, client = "a") =>
  Array.from({ length: count }, () => attempt(under, client));

describe("the rate", () => {
  it("lets exactly the burst through at once, then says when to come back", () => {
    const under = limits();
    expect(attempts(under, 42)).toEqual([
      ...Array(40).fill("admitted"),
      "rate_limit_exceeded 1",
      "rate_limit_exceeded 1",
    ]);
  });

  it("is even afterwards, and a refusal costs nothing", () => {
    const under = limits();
    attempts(under, 60);
    vi.advanceTimersByTime(499);
    expect(attempt(under)).toBe("rate_limit_exceeded 1");
    vi.advanceTimersByTime(1);
    expect(attempts(under, 2)).toEqual(["admitted", "rate_limit_exceeded 1"]);
  });

  it("tells the whole wait, and admits after it", () => {
    const under = limits({ ratePerMinute: 7, burst: 1 });
    expect(attempts(under, 2)).toEqual(["admitted", "rate_limit_exceeded 9"]);
    vi.advanceTimersByTime(9_000);
    expect(attempt(under)).toBe("admitted");
  });

  it("is counted for each client apart", () => {
    const under = limits({ burst: 1 });
    expect([attempt(under, "a"), attempt(under, "b"), attempt(under, "a")]).toEqual([
      "admitted",
      "admitted",
      "rate_limit_exceeded 1",
    ]);
  });

  it("does not lock a client out when the clock is set back", () => {
    const under = limits({ burst: 1 });
    attempt(under);
    vi.setSystemTime(Date.now() - 3_600_000);
    expect(attempt(under)).toBe("rate_limit_exceeded 1");
    vi.advanceTimersByTime(500);
    expect(attempt(under)).toBe("admitted");
  });

  it("never admits more than burst plus rate times time", () => {
    const steps = fc.array(fc.tuple(fc.nat({ max: 5_000 }), fc.nat({ max: 10 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 600 }), (script, ratePerMinute) => {
        const under = limits({ ratePerMinute, burst: 5 });
        const start = Date.now();
        let admitted = 0;
        for (const [wait, count] of script) {
          vi.advanceTimersByTime(wait);
          admitted += attempts(under, count).filter((outcome) => outcome === "admitted").length;
          const allowed = 5 + ((Date.now() - start) * ratePerMinute) / 60_000;
          expect(admitted).toBeLessThanOrEqual(allowed + 1e-6);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("a request that counts for an address and a token", () => {
  const both = (under: Limits, ...clients: string[]) => {
    try {
      under.admit(...clients).release();
      return "admitted";
    } catch (error) {
      return isRelayError(error) ? error.code : error;
    }
  };

  it("takes from both, and is refused when either has no more", () => {
    const under = limits({ burst: 2 });
    expect([
      both(under, "a1", "t1"),
      both(under, "a2", "t1"),
      both(under, "a3", "t1"),
      both(under, "a1", "t2"),
      both(under, "a1", "t3"),
    ]).toEqual(["admitted", "admitted", "rate_limit_exceeded", "admitted", "rate_limit_exceeded"]);
  });

  it("takes from neither when it is refused", () => {
    const under = limits({ burst: 1 });
    both(under, "t1");
    for (let i = 0; i < 5; i += 1) both(under, "a1", "t1");
    expect(both(under, "a1", "t2")).toBe("admitted");
  });

  it("holds a place of both until it is released", () => {
    const under = limits({ concurrent: 1 });
    const lease = under.admit("a1", "t1");
    expect([both(under, "a1", "t2"), both(under, "a2", "t1"), both(under, "a2", "t2")]).toEqual([
      "too_many_concurrent_requests",
      "too_many_concurrent_requests",
      "admitted",
    ]);
    lease.release();
    expect(both(under, "a1", "t1")).toBe("admitted");
  });
});

describe("a refusal", () => {
  it.each([
    [120, 40, "20s"],
    [60, 1, "1s"],
    [7, 1, "8.6s"],
    [10, 90, "9m0s"],
  ])("of %i a minute and %i at once tells what is left, and when all is back", (...facts) => {
    const [ratePerMinute, burst, reset] = facts;
    const under = limits({ ratePerMinute, burst, concurrent: 100 });
    for (let i = 0; i < burst; i += 1) under.admit("a").release();
    let headers: unknown;
    try {
      under.admit("a");
    } catch (error) {
      headers = isRelayError(error) ? error.details.headers : error;
    }
    expect(headers).toEqual({
      "x-ratelimit-limit-requests": String(ratePerMinute),
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": reset,
    });
  });
});

describe("requests at a time", () => {
  it("are refused above the cap until one ends, without taking from the rate", () => {
    const under = limits({ concurrent: 2, burst: 3 });
    const first = under.admit("a");
    under.admit("a");
    expect(attempts(under, 5)).toEqual(Array(5).fill("too_many_concurrent_requests 1"));
    first.release();
    expect(attempt(under)).toBe("admitted");
  });

  it("are given back once, however often the lease is released", () => {
    const under = limits({ concurrent: 1 });
    const lease = under.admit("a");
    lease.release();
    lease.release();
    under.admit("a");
    expect(attempt(under)).toBe("too_many_concurrent_requests 1");
  });

  it("do not count a request that the rate refused", () => {
    const under = limits({ concurrent: 1, burst: 1 });
    expect(attempts(under, 2)).toEqual(["admitted", "rate_limit_exceeded 1"]);
    vi.advanceTimersByTime(500);
    expect(attempt(under)).toBe("admitted");
  });
});

describe("wrong tokens", () => {
  const fail = async (under: Limits, count: number, client = "a") => {
    for (let i = 0; i < count; i += 1) await under.failedAuth(client);
  };

  it("block the client at the last attempt allowed, for the block time", async () => {
    const under = limits();
    await fail(under, 7);
    expect(under.blockedFor("a")).toBe(0);
    await fail(under, 1);
    expect([under.blockedFor("a"), under.blockedFor("b")]).toEqual([900, 0]);
    vi.advanceTimersByTime(899_001);
    expect(under.blockedFor("a")).toBe(1);
    vi.advanceTimersByTime(999);
    expect(under.blockedFor("a")).toBe(0);
    await fail(under, 1);
    expect(under.blockedFor("a")).toBe(0);
  });

  it("are forgotten after the window", async () => {
    const under = limits();
    await fail(under, 7);
    vi.advanceTimersByTime(300_001);
    await fail(under, 7);
    expect(under.blockedFor("a")).toBe(0);
  });

  it("do not prolong a block, and do not keep a right token out", async () => {
    const under = limits();
    await fail(under, 8);
    vi.advanceTimersByTime(60_000);
    await fail(under, 8);
    expect([under.blockedFor("a"), attempt(under)]).toEqual([840, "admitted"]);
  });

  it("name no longer wait than the block time when the clock was set back", async () => {
    const under = limits();
    await fail(under, 8);
    vi.setSystemTime(Date.now() - 86_400_000);
    expect([under.blockedFor("a"), attempt(under)]).toEqual([900, "admitted"]);
  });

  it("T31 of many clients block those of all, and no right one", async () => {
    const under = limits();
    for (let i = 0; i < 79; i += 1) await under.failedAuth(`client ${i}`);
    expect(under.blockedFor("new")).toBe(0);
    await under.failedAuth("client 79");
    expect([under.blockedFor("new"), attempt(under, "new")]).toEqual([900, "admitted"]);
    vi.advanceTimersByTime(900_000);
    expect(under.blockedFor("new")).toBe(0);
  });

  it("block at once where one attempt is allowed", async () => {
    const under = limits({ failedAuth: { windowSeconds: 10, maxAttempts: 1, blockSeconds: 20 } });
    await fail(under, 1);
    expect(under.blockedFor("a")).toBe(20);
  });
});

describe("memory", () => {
  it("T31 forgets the oldest idle client when too many came, and never one with a request running", () => {
    const under = limits({ maxClients: 3, burst: 1, concurrent: 1 });
    const running = under.admit("running");
    expect(attempts(under, 1, "idle")).toEqual(["admitted"]);
    for (const client of ["x", "y", "z"]) expect(attempt(under, client)).toBe("admitted");
    expect([attempt(under, "running"), attempt(under, "idle")]).toEqual([
      "too_many_concurrent_requests 1",
      "admitted",
    ]);
    running.release();
  });

  it("refuses a new client while every remembered one has a request running", () => {
    const under = limits({ maxClients: 2 });
    const lease = under.admit("a");
    under.admit("b");
    expect(attempt(under, "c")).toBe("too_many_concurrent_requests 1");
    lease.release();
    expect(attempt(under, "c")).toBe("admitted");
  });

  it("T31 keeps no timer for clients that failed before more recent ones than it remembers", async () => {
    const under = limits({ maxClients: 5 });
    for (let i = 0; i < 50; i += 1) await under.failedAuth(`client ${i}`);
    // And the one for all of them together.
    expect(vi.getTimerCount()).toBe(6);
  });
});
