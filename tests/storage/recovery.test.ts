import { mkdir, readdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  removeUnfinished,
  removeUnfinishedOf,
  takeOut,
  unfinishedWrite,
} from "../../src/storage/recovery.ts";
import { settableClock } from "../helpers/local-state.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

it("removes what was left in the middle an hour ago, and no younger or other file", async () => {
  const folder = await makeTempFolder();
  const clock = settableClock();
  const put = async (name: string, minutesAgo: number): Promise<void> => {
    await writeFile(join(folder, name), "x");
    const at = clock.now() / 1000 - minutesAgo * 60;
    await utimes(join(folder, name), at, at);
  };
  await put("a.json.1.unfinished", 61);
  await put("a.jsonl.22.unfinished", 61);
  await put("b.json.3.unfinished", 59);
  await put("c.json", 61);
  await put("c.json.damaged-1", 61);
  await put("c.json.20261121", 61);
  await mkdir(join(folder, "d.json.4.unfinished"));
  await utimes(join(folder, "d.json.4.unfinished"), 0, 0);
  await removeUnfinished(folder, unfinishedWrite, clock);
  // A folder cannot be removed like a file, and stops nobody.
  const left = [
    "b.json.3.unfinished",
    "c.json",
    "c.json.20261121",
    "c.json.damaged-1",
    "d.json.4.unfinished",
  ];
  expect((await readdir(folder)).sort()).toEqual(left);
  await removeUnfinished(join(folder, "none"), unfinishedWrite, clock);
});

it("removes what was left of one file, where its link points to, and of no other", async () => {
  const folder = await makeTempFolder();
  const clock = settableClock();
  const names = ["real.1.unfinished", "real.txt.2.unfinished", "real.x.unfinished", "real.3"];
  for (const name of names) {
    await writeFile(join(folder, name), "x");
    await utimes(join(folder, name), 0, 0);
  }
  await mkdir(join(folder, "links"));
  await writeFile(join(folder, "real"), "x");
  await symlink(join(folder, "real"), join(folder, "links", "link"));
  await removeUnfinishedOf(join(folder, "links", "link"), clock);
  const left = ["links", "real", "real.3", "real.txt.2.unfinished", "real.x.unfinished"];
  expect((await readdir(folder)).sort()).toEqual(left);
});

it("takes a damaged file out of use, or says that it could not", async () => {
  const folder = await makeTempFolder();
  const notices: string[] = [];
  const take = (name: string) =>
    takeOut(join(folder, name), "It is damaged.", (text) => notices.push(text));
  await writeFile(join(folder, "a.json"), "half");
  await take("a.json");
  expect(await readdir(folder)).toEqual(["a.json.damaged-1"]);
  expect(await readFile(join(folder, "a.json.damaged-1"), "utf8")).toBe("half");
  const long = `${"a".repeat(245)}.json`;
  await writeFile(join(folder, long), "half");
  await take(long);
  expect(notices).toEqual([
    "It is damaged. It is no longer used, and kept as `a.json.damaged-1`.",
    expect.stringMatching(
      /^It is damaged\. It is no longer used, and could not be set aside: ENAME/,
    ),
  ]);
});
