import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readTextIfPresent, writePrivateFile } from "../../src/storage/atomic-file.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

const isWindows = process.platform === "win32";

it("makes folders and file, replaces the file, and leaves nothing beside it", async () => {
  const folder = join(await makeTempFolder(), "a", "b");
  const path = join(folder, "c.json");
  expect(await readTextIfPresent(path)).toBeUndefined();
  await writePrivateFile(path, "one");
  await writePrivateFile(path, "zwei é");
  expect(await readTextIfPresent(path)).toBe("zwei é");
  expect(await readdir(folder)).toEqual(["c.json"]);
});

it.skipIf(isWindows)("is private, also where the old file was not", async () => {
  const folder = join(await makeTempFolder(), "a");
  const path = join(folder, "c.json");
  await writePrivateFile(path, "one");
  const old = join(folder, "old.json");
  await writeFile(old, "x", { mode: 0o644 });
  await writePrivateFile(old, "two");
  const modes = await Promise.all([folder, path, old].map((each) => stat(each)));
  expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o700, 0o600, 0o600]);
});

it.skipIf(isWindows)("writes what a link points to, and leaves the link", async () => {
  const folder = await makeTempFolder();
  const target = join(folder, "dotfiles", "config.toml");
  const link = join(folder, "config.toml");
  await writePrivateFile(target, "one");
  await symlink(target, link);
  await writePrivateFile(link, "two");
  expect([await readFile(target, "utf8"), (await lstat(link)).isSymbolicLink()]).toEqual([
    "two",
    true,
  ]);
});

it("leaves nothing behind when it cannot replace", async () => {
  const folder = await makeTempFolder();
  await mkdir(join(folder, "c.json", "full"), { recursive: true });
  await expect(writePrivateFile(join(folder, "c.json"), "text")).rejects.toThrow();
  expect(await readdir(folder)).toEqual(["c.json"]);
});
