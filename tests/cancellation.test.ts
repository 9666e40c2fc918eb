import { describe, expect, it } from "vitest";
import { RequestCancellation, toAbortSignal } from "../src/cancellation.ts";

describe("RequestCancellation", () => {
  it("tells who listens, once, and keeps the first reason", () => {
    const cancellation = new RequestCancellation();
    const told: unknown[] = [];
    cancellation.addEventListener("abort", () => told.push(cancellation.reason));
    const first = new Error("first");
    cancellation.abort(first);
    cancellation.abort(new Error("second"));
    expect(told).toEqual([first]);
    expect(cancellation).toMatchObject({ aborted: true, reason: first });
  });

  it("tells nobody who has gone, also while it tells the others", () => {
    const cancellation = new RequestCancellation();
    const told: string[] = [];
    const gone = (): void => void told.push("gone");
    const last = (): void => {
      told.push("last");
      cancellation.removeEventListener("abort", last);
    };
    cancellation.addEventListener("abort", gone);
    cancellation.addEventListener("abort", last);
    cancellation.addEventListener("abort", () => told.push("after"));
    cancellation.removeEventListener("abort", gone);
    cancellation.abort(new Error("over"));
    expect(told).toEqual(["last", "after"]);
  });
});

it("tells the others when one throws, and throws that", () => {
  const cancellation = new RequestCancellation();
  const told: string[] = [];
  cancellation.addEventListener("abort", () => {
    throw new Error("broken");
  });
  cancellation.addEventListener("abort", () => told.push("after"));
  expect(() => cancellation.abort(new Error("over"))).toThrow("broken");
  expect(told).toEqual(["after"]);
});

describe("toAbortSignal", () => {
  it("gives Node's own back as it is", () => {
    const { signal } = new AbortController();
    expect(toAbortSignal(signal)).toBe(signal);
  });

  it.each(["before", "after"])("aborts with the same reason, %s it was made", (when) => {
    const cancellation = new RequestCancellation();
    const reason = new Error("over");
    if (when === "before") cancellation.abort(reason);
    const signal = toAbortSignal(cancellation);
    if (when === "after") cancellation.abort(reason);
    expect(signal).toMatchObject({ aborted: true, reason });
  });
});
