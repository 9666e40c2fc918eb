import { rm, writeFile } from "node:fs/promises";
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

  it("says once that it cannot be written, stops nobody, and writes what was counted when it can", async () => {
    const notices: string[] = [];
    const folder = await makeTempFolder();
    const inTheWay = join(folder, "state");
    await writeFile(inTheWay, "x");
    const path = join(inTheWay, "usage.json");
    const tally = createUsageTally({
      path,
      clock: { now: () => 0 },
      onNotice: (text) => notices.push(text),
    });
    for (let times = 0; times < 3; times += 1) {
      tally.add(tokens);
      await tally.close();
    }
    expect(notices).toEqual([expect.stringContaining("cannot be written: ")]);
    await rm(inTheWay);
    tally.add(tokens);
    await tally.close();
    expect(await readDayUsage(path, "1970-01-01")).toMatchObject({ requests: 4, input_tokens: 40 });
  });
});
