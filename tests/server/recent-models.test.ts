import { expect, it } from "vitest";
import { createRecentModels } from "../../src/server/recent-models.ts";
import { settableClock } from "../helpers/local-state.ts";

it("knows what was used within ten minutes, and when last", () => {
  const clock = settableClock(0);
  const recent = createRecentModels(clock);
  recent.use("a");
  recent.use("b");
  clock.set(500_000);
  recent.use("a");
  expect([...recent.all()]).toEqual([
    ["b", 0],
    ["a", 500_000],
  ]);
  clock.set(600_000);
  expect([...recent.all()]).toEqual([["a", 500_000]]);
});

it("forgets the oldest of very many names", () => {
  const recent = createRecentModels(settableClock());
  for (let index = 0; index < 1_000; index += 1) recent.use(`m${index}`);
  expect(recent.all().size).toBe(200);
  expect(recent.all().has("m999")).toBe(true);
  expect(recent.all().has("m0")).toBe(false);
});
