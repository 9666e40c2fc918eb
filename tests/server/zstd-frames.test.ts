import { expect, it } from "vitest";
import { decodeBody, decoderOf } from "../../src/server/decompress.ts";
import { inspectZstd } from "../../src/server/zstd-frames.ts";
import { type Block, rawBlock, repeatedBlock, skippable, zstd } from "../helpers/zstd.ts";

const limit = 2 ** 20;
const text = "hello ".repeat(100);
const join = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts);
/** Any compressed block: only its header is looked at. */
const compressed = (size: number): Block => ({ type: 2, size, bytes: Buffer.alloc(size) });

it.each([
  ["one segment", zstd([rawBlock(text)]), text],
  ["a window of 8 MiB, with a limit below it", zstd([rawBlock(text)], { window: 0x68 }), text],
  [
    "several frames, and what is skipped",
    join(
      skippable("x"),
      zstd([rawBlock("a"), rawBlock("b")]),
      skippable(""),
      zstd([rawBlock("c")]),
    ),
    "abc",
  ],
  ["a repeated byte", zstd([repeatedBlock(100_000)]), " ".repeat(100_000)],
  ["nothing", zstd([]), ""],
])("lets through %s", async (_, bytes, whole) => {
  expect(inspectZstd(bytes, limit)).toBeUndefined();
  const decoded = await decodeBody(decoderOf("zstd"), bytes, limit);
  expect(decoded.toString()).toBe(whole);
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
  ["too_many_blocks", "blocks of a byte", zstd(Array(2_000).fill(rawBlock("x")), { window: 0x68 })],
  ["too_many_blocks", "many frames", join(...Array(2_000).fill(zstd([], { window: 0x68 })))],
  ["damaged", "a segment that its blocks cannot fill", zstd([compressed(9)], { size: limit })],
  ["damaged", "a block above 128 KiB", zstd([repeatedBlock(131_073)])],
  ["damaged", "a block above the window", zstd([rawBlock("x".repeat(1_025))], { window: 0 })],
  ["damaged", "a block of no known type", zstd([{ type: 3, size: 0, bytes: Buffer.alloc(0) }])],
  ["damaged", "a dictionary", zstd([rawBlock(text)], { dictionary: 7 })],
  ["damaged", "no frame", Buffer.from("{}")],
  ["damaged", "nothing at all", Buffer.alloc(0)],
  ["damaged", "something behind the last frame", join(zstd([rawBlock(text)]), Buffer.from("x"))],
] as const)("finds %s: %s", (problem, _, bytes) => {
  expect(inspectZstd(bytes, limit)).toBe(problem);
});

it("finds every frame damaged that is cut off", () => {
  const whole = join(skippable("x"), zstd([rawBlock("ab"), repeatedBlock(3)], { window: 0 }));
  const ends = [...whole.keys()].filter((end) => end !== skippable("x").length);
  expect(ends.filter((end) => inspectZstd(whole.subarray(0, end), limit) !== "damaged")).toEqual(
    [],
  );
});
