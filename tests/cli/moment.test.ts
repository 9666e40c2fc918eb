import { describe, expect, it } from "vitest";
import { formatAhead, formatClock } from "../../src/cli/moment.ts";

const now = Date.UTC(2026, 10, 21, 18, 30, 5);
const hour = 3_600_000;

describe("a moment", () => {
  it.each([
    [now + 2 * hour, "20:30, in 2 hours"],
    [now + 6 * hour, "Sun 22 Nov 00:30, in 6 hours"],
    [now + 72 * hour, "Tue 24 Nov 18:30, in 3 days"],
    [now - 1, "18:30, now"],
  ])("%s is %j", (at, text) => {
    expect(formatAhead(at, now, "UTC")).toBe(text);
  });

  it("is told by the clock of the place", () => {
    expect([formatClock(now, "UTC"), formatClock(now, "Europe/Berlin")]).toEqual([
      "18:30:05",
      "19:30:05",
    ]);
  });
});
