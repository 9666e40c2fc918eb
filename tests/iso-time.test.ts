import { expect, it } from "vitest";
import { isoTime } from "../src/iso-time.ts";

const second = Date.UTC(2026, 0, 2, 3, 4, 5);

it.each([0, 1, 999, -1, 7, 1000, 86_400_000, -second - 1, 0.5])(
  "writes a time as Date does: %d ms further",
  (further) => {
    const ms = second + further;
    expect(isoTime(ms)).toBe(new Date(ms).toISOString());
  },
);
