import { describe, expect, it } from "vitest";
import {
  cellsOf,
  formatCount,
  formatMoment,
  formatMs,
  inCells,
} from "../../../src/cli/transits/figures.ts";

describe("figures", () => {
  it.each([
    [0, "0ms"],
    [999, "999ms"],
    [1_000, "1.0s"],
    [99_949, "99.9s"],
    [99_950, "1m40s"],
    [125_000, "2m05s"],
    [5_999_400, "99m59s"],
    [6_000_000, "1h40m"],
    [36_000_000, "10h00m"],
  ])("tells %i ms as %s", (ms, text) => {
    expect(formatMs(ms)).toBe(text);
    expect(text.length).toBeLessThanOrEqual(6);
  });

  it.each([
    [0, "0"],
    [999, "999"],
    [1_000, "1.0k"],
    [99_949, "99.9k"],
    [99_960, "100k"],
    [999_499, "999k"],
    [999_500, "1.0M"],
    [123_000_000, "123M"],
  ])("tells %i as %s", (count, text) => {
    expect(formatCount(count)).toBe(text);
    expect(text.length).toBeLessThanOrEqual(5);
  });

  it("tells a moment in UTC, and a missing one", () => {
    expect(formatMoment(Date.UTC(2026, 2, 4, 5, 6, 7, 999))).toBe("2026-03-04 05:06:07");
    expect(formatMoment(Number.NaN)).toBe("?");
  });

  it.each(["", "abc", "abcdefgh", "模型模型模型", "a模b型c", "👍👍👍👍", "…………………"])(
    "makes %j exactly as many cells as asked",
    (text) => {
      for (const width of [1, 2, 5, 8]) expect(cellsOf(inCells(text, width))).toBe(width);
    },
  );
});
