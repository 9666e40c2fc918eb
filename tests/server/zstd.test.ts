import { describe, expect, it, onTestFinished } from "vitest";
import { createDecoders } from "../../src/server/decompress.ts";
import { createZstd } from "../../src/server/zstd.ts";
import { createZstdWorker } from "../../src/server/zstd-worker.ts";
import { createManualTimer } from "../helpers/manual-timer.ts";
import { startTestRelay } from "../helpers/test-relay.ts";
import {
  type Block,
  endlessBlock,
  rawBlock,
  repeatedBlock,
  skippable,
  zstd,
} from "../helpers/zstd.ts";

const limit = 2 ** 20;
const junk: Block = { type: 2, size: 2, bytes: Buffer.alloc(2, 0xff) };

// The worker is what Node 20 has; a later Node uses its own, and is tested with both.
describe.each([
  ["the worker", () => createZstd(createZstdWorker())],
  ["what this Node has", () => createZstd()],
])("zstd by %s", (_, create) => {
  const start = () => {
    const decoder = create();
    onTestFinished(() => decoder.close());
    return createDecoders(decoder)("zstd");
  };

  it.each([
    ["one segment", [zstd([rawBlock("hello")])], "hello"],
    ["a window of 8 MiB", [zstd([rawBlock("hello")], { window: 0x68 })], "hello"],
    [
      "several frames, and what is skipped",
      [skippable("x"), zstd([rawBlock("a"), rawBlock("b")]), skippable(""), zstd([rawBlock("c")])],
      "abc",
    ],
    ["as much as is allowed", [zstd(Array(8).fill(repeatedBlock(2 ** 17)))], " ".repeat(limit)],
    ["nothing", [zstd([])], ""],
  ])("decodes %s", async (_, parts, whole) => {
    const decoded = await start()(Buffer.concat(parts), limit);
    expect(decoded.toString()).toBe(whole);
  });

  it.each([
    ["invalid_request", "no frame", [Buffer.from("{}")]],
    ["invalid_request", "a block that is none", [zstd([junk], { window: 0x38 })]],
    ["request_too_large", "a claim above the limit", [zstd([], { size: limit + 1 })]],
    [
      "request_too_large",
      "two frames that are too long together",
      [zstd(Array(8).fill(repeatedBlock(2 ** 17))), zstd([rawBlock("x")])],
    ],
  ])("answers %s to %s", async (code, _, parts) => {
    await expect(start()(Buffer.concat(parts), limit)).rejects.toMatchObject({ code });
  });
});

it("answers others while a hostile body is decoded, and refuses that when its time is up", async () => {
  const timer = createManualTimer();
  const relay = await startTestRelay({
    zstd: createZstd(createZstdWorker({ startTimer: timer.start })),
  });
  onTestFinished(() => relay.close());
  const order: string[] = [];
  const post = async (name: string, frame: Buffer) => {
    const answer = await relay.post("/v1/responses", "", {
      body: new Uint8Array(frame),
      headers: { "content-type": "application/json", "content-encoding": "zstd" },
    });
    const text = await answer.text();
    order.push(`${name} ${answer.status}`);
    return text;
  };
  const good = zstd([rawBlock(JSON.stringify({ model: "gpt-5.5", input: "Compressed" }))]);
  const hostile = post("hostile", zstd(Array(100).fill(endlessBlock()), { window: 0x38 }));
  const health = await relay.get("/healthz");
  order.push(`healthz ${health.status}`);
  await timer.expire();
  expect(await hostile).toContain("too much time to decompress");
  expect(await post("good", good)).toContain("Compressed");
  const many = await Promise.all([1, 2, 3].map(() => post("parallel", good)));
  expect(many.filter((text) => text.includes("Compressed"))).toHaveLength(3);
  expect(order).toEqual([
    "healthz 200",
    "hostile 400",
    "good 200",
    ...Array(3).fill("parallel 200"),
  ]);
});
