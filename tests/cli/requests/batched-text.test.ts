import { describe, expect, it } from "vitest";
import { createBatchedText } from "../../../src/cli/requests/batched-text.ts";

describe("text that may wait a moment", () => {
  it("is written together, in its order, when that is asked for", () => {
    const written: string[] = [];
    const batch = createBatchedText((text) => written.push(text));
    batch.add("one\n");
    batch.add("two\n");
    expect(written).toEqual([]);
    batch.flush();
    batch.flush();
    expect(written).toEqual(["one\ntwo\n"]);
  });

  it("is written by itself after a moment", async () => {
    await new Promise<void>((resolve) => {
      const batch = createBatchedText((text) => {
        expect(text).toBe("one\n");
        resolve();
      });
      batch.add("one\n");
    });
  });

  it("waits for no more than 16 KiB", () => {
    const written: string[] = [];
    const batch = createBatchedText((text) => written.push(text));
    batch.add("x".repeat(16 * 1024));
    expect(written).toEqual(["x".repeat(16 * 1024)]);
  });
});
