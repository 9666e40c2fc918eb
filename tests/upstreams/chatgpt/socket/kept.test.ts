import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createChain } from "../../../../src/upstreams/chatgpt/socket/chain.ts";
import {
  type Conversation,
  createKept,
  usualLimits,
} from "../../../../src/upstreams/chatgpt/socket/kept.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const clock = { now: () => Date.now() };
const login = { accessToken: "a", accountId: "1" };

interface Fake extends Conversation {
  readonly state: { isFree: boolean; isClosed: boolean; heardAt: number; answers: boolean };
}

function conversation(as = login): Fake {
  const state = { isFree: true, isClosed: false, heardAt: clock.now(), answers: true };
  return {
    state,
    login: as,
    chain: createChain(),
    connection: {
      openedAt: clock.now(),
      get heardAt() {
        return state.heardAt;
      },
      get isFree() {
        return state.isFree;
      },
      ask: () => {
        throw new Error("Nothing is asked here.");
      },
      ping() {
        if (state.answers) state.heardAt = clock.now();
      },
      close() {
        state.isClosed = true;
        state.isFree = false;
      },
    },
  };
}

describe("kept connections", () => {
  it("are given to the next turn of their conversation, once", () => {
    const kept = createKept(clock);
    const own = conversation();
    kept.keep("s1", own);
    expect(kept.take("s2", login)).toBeUndefined();
    expect(kept.take("s1", login)).toBe(own);
    expect(kept.take("s1", login)).toBeUndefined();
    expect(own.state.isClosed).toBe(false);
  });

  it.each([
    ["another account", { accessToken: "a", accountId: "2" }],
    ["a renewed login", { accessToken: "b", accountId: "1" }],
  ])("are closed when somebody comes with %s", (_name, other) => {
    const kept = createKept(clock);
    const own = conversation();
    kept.keep("s1", own);
    expect(kept.take("s1", other)).toBeUndefined();
    expect(own.state.isClosed).toBe(true);
  });

  it("live on pings, and end after five idle minutes", () => {
    const kept = createKept(clock);
    const own = conversation();
    kept.keep("s1", own);
    vi.advanceTimersByTime(usualLimits.idleMs - 1);
    expect(own.state.isClosed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(own.state.isClosed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("end when the other end answers no ping", () => {
    const kept = createKept(clock);
    const own = conversation();
    own.state.answers = false;
    kept.keep("s1", own);
    vi.advanceTimersByTime(usualLimits.staleMs + usualLimits.pingMs);
    expect(own.state.isClosed).toBe(true);
  });

  it("are not used after the machine slept, or near the end of their hour", () => {
    const kept = createKept(clock);
    const slept = conversation();
    kept.keep("s1", slept);
    vi.setSystemTime(Date.now() + usualLimits.staleMs);
    expect(kept.take("s1", login)).toBeUndefined();
    expect(slept.state.isClosed).toBe(true);

    const old = conversation();
    vi.setSystemTime(Date.now() + usualLimits.lifetimeMs);
    old.state.heardAt = clock.now();
    kept.keep("s1", old);
    expect(old.state.isClosed).toBe(true);
  });

  it("are few: the oldest goes first", () => {
    const kept = createKept(clock);
    const all = Array.from({ length: usualLimits.maxKept + 2 }, () => conversation());
    for (const [index, each] of all.entries()) kept.keep(`s${index}`, each);
    expect(all.map(({ state }) => state.isClosed)).toEqual(all.map((_, index) => index < 2));
    kept.close();
    expect(all.every(({ state }) => state.isClosed)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are none after the end", () => {
    const kept = createKept(clock);
    kept.close();
    const late = conversation();
    kept.keep("s1", late);
    expect(late.state.isClosed).toBe(true);
  });
});
