import { expect, it } from "vitest";
import { splitZstd } from "../../src/server/zstd-frames.ts";
import { type Block, rawBlock, repeatedBlock, skippable, zstd } from "../helpers/zstd.ts";

const limit = 2 ** 20;
const text = "hello ".repeat(100);
const join = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts);
/** Any compressed block: only its header is looked at. */
const compressed = (size: number): Block => ({ type: 2, size, bytes: Buffer.alloc(size) });

it.each([
  ["one segment", zstd([rawBlock(text)])],
  ["a window of 8 MiB, with a limit below it", zstd([rawBlock(text)], { window: 0x68 })],
  ["a repeated byte", zstd([repeatedBlock(100_000)])],
  ["nothing", zstd([])],
])("lets through %s", (_, frame) => {
  expect(splitZstd(frame, limit)).toEqual([frame]);
});

it("gives each of several frames, without what is skipped", () => {
  const [one, two] = [zstd([rawBlock("a"), rawBlock("b")]), zstd([rawBlock("c")])];
  expect(splitZstd(join(skippable("x"), one, skippable(""), two), limit)).toEqual([one, two]);
});

it.each([
  ["window_too_large", "a window above 8 MiB", zstd([rawBlock(text)], { window: 0x69 })],
  ["window_too_large", "the largest window", zstd([], { window: 0xff })],
  [
    "window_too_large",
    "one in a later frame",
    join(zstd([rawBlock(text)]), skippable("x"), zstd([], { window: 0xa0 })),
  ],
  ["too_large", "a content above the limit", zstd([], { size: limit + 1 })],
  ["too_large", "that with a window, too", zstd([], { size: limit + 1, window: 0 })],
  ["too_many_pieces", "empty blocks", zstd(Array(100_001).fill(rawBlock("")), { window: 0 })],
  ["too_many_pieces", "many frames", join(...Array(1_001).fill(zstd([], { window: 0 })))],
  ["too_many_pieces", "much to skip", join(...Array(1_001).fill(skippable("")))],
  ["damaged", "a segment that its blocks cannot fill", zstd([compressed(9)], { size: limit })],
  ["damaged", "a block above 128 KiB", zstd([repeatedBlock(131_073)])],
  ["damaged", "a block above the window", zstd([rawBlock("x".repeat(1_025))], { window: 0 })],
  ["damaged", "a block of no known type", zstd([{ type: 3, size: 0, bytes: Buffer.alloc(0) }])],
  ["damaged", "a dictionary", zstd([rawBlock(text)], { dictionary: 7 })],
  ["damaged", "no frame", Buffer.from("{}")],
  ["damaged", "nothing at all", Buffer.alloc(0)],
  ["damaged", "something behind the last frame", join(zstd([rawBlock(text)]), Buffer.from("x"))],
] as const)("finds %s: %s", (problem, _, bytes) => {
  expect(splitZstd(bytes, limit)).toBe(problem);
});

it("finds every frame damaged that is cut off", () => {
  const whole = join(skippable("x"), zstd([rawBlock("ab"), repeatedBlock(3)], { window: 0 }));
  const ends = [...whole.keys()].filter((end) => end !== skippable("x").length);
  expect(ends.filter((end) => splitZstd(whole.subarray(0, end), limit) !== "damaged")).toEqual([]);
});
