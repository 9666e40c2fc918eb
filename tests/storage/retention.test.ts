import { expect, it } from "vitest";
import { createRetention } from "../../src/storage/retention.ts";

const limits = { maxCount: 3, maxBytes: 100, maxAgeMs: 1_000 };

it("names the oldest when there are too many", () => {
  const retention = createRetention(limits);
  expect([1, 2, 3, 4, 5].map((n) => retention.add(`r${n}`, 1, n, n))).toEqual([
    [],
    [],
    [],
    ["r1"],
    ["r2"],
  ]);
  expect(retention.newestFirst()).toEqual(["r5", "r4", "r3"]);
});

it("names as many of the oldest as a new one needs room", () => {
  const retention = createRetention(limits);
  retention.add("r1", 40, 1, 1);
  retention.add("r2", 40, 2, 2);
  expect(retention.add("r3", 61, 3, 3)).toEqual(["r1", "r2"]);
  expect(retention.add("r4", 39, 4, 4)).toEqual([]);
});

it("names what has reached its age, when asked and when something is added", () => {
  const retention = createRetention(limits);
  retention.add("r1", 1, 0, 0);
  retention.add("r2", 1, 500, 500);
  expect(retention.expire(999)).toEqual([]);
  expect(retention.expire(1_000)).toEqual(["r1"]);
  expect(retention.add("r3", 1, 1_500, 1_500)).toEqual(["r2"]);
  expect([retention.has("r2"), retention.has("r3")]).toEqual([false, true]);
});

it("counts a thing once that is added again or removed twice", () => {
  const retention = createRetention(limits);
  retention.add("r1", 60, 1, 1);
  retention.add("r1", 60, 2, 2);
  expect(retention.add("r2", 40, 3, 3)).toEqual([]);
  retention.remove("r1");
  retention.remove("r1");
  expect(retention.add("r3", 60, 4, 4)).toEqual([]);
});
