import { describe, expect, it } from "vitest";
import type { FrameBatch } from "../../../../src/protocol/frame.ts";
import { type Answered, readAnswer } from "../../../../src/upstreams/chatgpt/socket/answer.ts";
import { readFrame } from "../../../../src/upstreams/chatgpt/socket/frames.ts";

async function* batchesOf(frames: readonly object[]): AsyncGenerator<FrameBatch, undefined> {
  for (const each of frames) {
    const frame = readFrame(JSON.stringify(each));
    if (typeof frame !== "string") yield [frame];
  }
  return undefined;
}

function read(frames: readonly object[], signal = new AbortController().signal): Promise<Answered> {
  return readAnswer(batchesOf(frames), {
    signal,
    isIncremental: true,
    onWhole: () => undefined,
  });
}

describe("an answer over a WebSocket", () => {
  it("is lost where the connection ends before it begins", async () => {
    expect(await read([{ type: "codex.rate_limits" }])).toEqual({ kind: "lost" });
  });

  it("is not lost but left where its client has gone, so that nobody asks again", async () => {
    const reason = new Error("left");
    await expect(read([], AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it("is refused with what is asked again for, status or not", async () => {
    const error = { code: "previous_response_not_found", message: "Forgotten." };
    expect(await read([{ type: "error", error }])).toMatchObject({
      kind: "refused",
      notice: { status: 400, code: error.code },
    });
  });
});
