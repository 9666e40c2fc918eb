import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createUsageTally, dayOf, readDayUsage } from "../../src/storage/usage-tally.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

const tokens = { input_tokens: 10, cached_tokens: 4, output_tokens: 3 };

async function setUp() {
  const path = join(await makeTempFolder(), "state", "usage.json");
  const state = { now: Date.UTC(2026, 10, 21, 12) };
  const open = () =>
    createUsageTally({ path, clock: { now: () => state.now }, onNotice: () => undefined });
  return { path, state, open };
}

describe("the tally of today's tokens", () => {
  it("adds up over restarts", async () => {
    const { path, open } = await setUp();
    for (let run = 0; run < 2; run += 1) {
      const tally = open();
      tally.add(tokens);
      tally.add(tokens);
      await tally.close();
    }
    expect(await readDayUsage(path, "2026-11-21")).toEqual({
      day: "2026-11-21",
      requests: 4,
      input_tokens: 40,
      cached_tokens: 16,
      output_tokens: 12,
    });
  });

  it("begins anew with the day", async () => {
    const { path, state, open } = await setUp();
    const tally = open();
    tally.add(tokens);
    state.now += 86_400_000;
    tally.add(tokens);
    await tally.close();
    expect(await readDayUsage(path, dayOf(state.now))).toMatchObject({ requests: 1 });
  });

  it("takes a damaged file for none", async () => {
    const { path, open } = await setUp();
    const tally = open();
    tally.add(tokens);
    await tally.close();
    await writeFile(path, '{"day":"2026-11-21","requests":"x');
    expect(await readDayUsage(path, "2026-11-21")).toMatchObject({ requests: 0 });
  });

  it("says that it cannot be written, and stops nobody", async () => {
    const notices: string[] = [];
    const folder = await makeTempFolder();
    await writeFile(join(folder, "file"), "x");
    const tally = createUsageTally({
      path: join(folder, "file", "usage.json"),
      clock: { now: () => 0 },
      onNotice: (text) => notices.push(text),
    });
    tally.add(tokens);
    await tally.close();
    expect(notices).toEqual([expect.stringContaining("cannot be written")]);
  });
});
