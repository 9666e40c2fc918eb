/**
 * How a token is compared, not how long it takes: a measurement would fail by chance on a busy
 * machine. What makes the time the same for all of them is that every presented value, absent ones
 * too, goes into exactly one `timingSafeEqual` of two hashes, and that nothing is decided before.
 */
import { timingSafeEqual } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { createTokenSource } from "../../src/access/tokens.ts";

vi.mock(import("node:crypto"), async (original) => {
  const crypto = await original();
  return { ...crypto, timingSafeEqual: vi.fn(crypto.timingSafeEqual) };
});

beforeEach(() => {
  vi.mocked(timingSafeEqual).mockClear();
});

const right = "right-token-of-the-relay-0123456789";
const presented: readonly (string | undefined)[] = [
  undefined,
  "",
  "x",
  right,
  right.slice(0, -1),
  `${right}x`,
  right.toUpperCase(),
  `X${right.slice(1)}`,
  `${right.slice(0, -1)}X`,
  "\u00ff\u00fe\u0000",
  "\ud800",
  "t".repeat(1_000_000),
];

it.each([
  ["the file", undefined, right],
  ["the environment", right, "another-token"],
  ["a file that is empty", undefined, ""],
  ["no place", undefined, undefined],
] as const)(
  "T30 one compare of two hashes decides, of the token of %s",
  async (_name, envToken, text) => {
    const folder = await mkdtemp(join(tmpdir(), "airelays-compare-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, "relay-token");
    if (text !== undefined) await writeFile(file, text);
    const tokens = createTokenSource({ file, envToken, randomBytes: () => new Uint8Array(32) });
    const lengths: number[][] = [];
    for (const value of presented) {
      await tokens.verify(value);
      lengths.push(
        vi
          .mocked(timingSafeEqual)
          .mock.calls.flat()
          .map(({ byteLength }) => byteLength),
      );
      vi.mocked(timingSafeEqual).mockClear();
    }
    expect(lengths).toEqual(presented.map(() => [32, 32]));
  },
);
