import { expect, it } from "vitest";
import { createTiming } from "../../src/pipeline/timing.ts";
import { completed, created, message, toFrame } from "../helpers/frames.ts";
import { settableClock } from "../helpers/local-state.ts";
import { testScope } from "../helpers/scripted-upstream.ts";

const frames = [created, ...message(0, "Hi"), completed()].map(toFrame);

it("counts from the request to the first output, and to now", () => {
  const clock = settableClock(1_000);
  const timing = createTiming({ ...testScope(), clock, acceptedAt: 1_000 });
  for (const frame of frames) {
    clock.set(clock.now() + 10);
    timing.see(frame);
  }
  expect(timing.elapsed()).toEqual({ firstOutputMs: 20, totalMs: frames.length * 10 });
});

it("counts no output as the whole time, and no time backwards", () => {
  const clock = settableClock(1_500);
  const timing = createTiming({ ...testScope(), clock, acceptedAt: 1_000 });
  expect(timing.elapsed()).toEqual({ firstOutputMs: 500, totalMs: 500 });
  clock.set(900);
  expect(timing.elapsed()).toEqual({ firstOutputMs: 0, totalMs: 0 });
});
