import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { createZstdWorker, type FrameDecoder } from "../../src/server/zstd-worker.ts";
import { createManualTimer } from "../helpers/manual-timer.ts";
import { endlessBlock, rawBlock, repeatedBlock, zstd } from "../helpers/zstd.ts";

const limit = 2 ** 20;
const endless = zstd(Array(10).fill(endlessBlock()), { window: 0x38 });

function startWorker() {
  const timer = createManualTimer();
  const worker = createZstdWorker({ startTimer: timer.start });
  onTestFinished(() => worker.close());
  return { worker, timer };
}

const textOf = async (worker: FrameDecoder, ...frames: readonly Buffer[]): Promise<string> =>
  (await worker.decode(frames, limit)).toString();

it("decodes frames into one text, and bodies side by side", async () => {
  const { worker } = startWorker();
  const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const texts = names.map((name) =>
    textOf(worker, zstd([rawBlock(name), repeatedBlock(3)]), zstd([]), zstd([rawBlock("!")])),
  );
  expect(await Promise.all(texts)).toEqual(names.map((name) => `${name}   !`));
});

it("ends a body whose time has run out, and decodes those that waited behind it", async () => {
  const { worker, timer } = startWorker();
  const order: string[] = [];
  const hostile = textOf(worker, endless).catch((error: unknown) => {
    order.push("hostile");
    return error;
  });
  const waiting = ["one", "two"].map(async (text) => {
    expect(await textOf(worker, zstd([rawBlock(text)]))).toBe(text);
    order.push(text);
  });
  await timer.expire();
  expect(await hostile).toMatchObject({
    code: "invalid_request",
    message: expect.stringContaining("too much time to decompress"),
  });
  await Promise.all(waiting);
  expect(order).toEqual(["hostile", "one", "two"]);
});

it.each([
  ["larger than 1048576 bytes", "more than the limit", Array(9).fill(repeatedBlock(2 ** 17))],
  ["not compressed as", "what is no block", [{ type: 2, size: 2, bytes: Buffer.alloc(2, 0xff) }]],
  ["too much memory", "more pieces than it can hold", Array(400_000).fill(rawBlock("x"))],
] as const)("says `%s` to %s, and goes on", async (says, _, blocks) => {
  const { worker } = startWorker();
  const frame = zstd(blocks, { window: 0x38 });
  await expect(textOf(worker, frame)).rejects.toThrow(says);
  expect(await textOf(worker, zstd([rawBlock("next")]))).toBe("next");
});

it("lets eight wait, and fails those when it is closed", async () => {
  const { worker } = startWorker();
  const bodies = Array.from({ length: 10 }, () =>
    textOf(worker, endless).catch(({ code }: { code: string }) => code),
  );
  expect(await bodies[9]).toBe("too_many_concurrent_requests");
  await worker.close();
  expect(await Promise.all(bodies)).toEqual([
    ...Array(9).fill("internal_error"),
    "too_many_concurrent_requests",
  ]);
});

it("does not keep the process alive", async () => {
  const module = join(import.meta.dirname, "../../src/server/zstd-worker.ts");
  const frame = zstd([rawBlock("done")]).toString("base64");
  const script = `
    import { createZstdWorker } from ${JSON.stringify(module)};
    const frames = [Buffer.from("${frame}", "base64")];
    console.log((await createZstdWorker().decode(frames, 100)).toString());
  `;
  const args = ["--import", "tsx", "--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toBe("done\n");
});
