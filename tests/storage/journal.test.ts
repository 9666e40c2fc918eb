import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { appendToJournal, readJournal, writeJournal } from "../../src/storage/journal.ts";
import { makeTempFolder } from "../auth/temp-folder.ts";

async function setUp() {
  const folder = await makeTempFolder();
  const notices: string[] = [];
  const path = join(folder, "a.jsonl");
  return {
    path,
    notices,
    read: () => readJournal(path, (text) => notices.push(text)),
    names: async () => (await readdir(folder)).sort(),
    text: (name = "a.jsonl") => readFile(join(folder, name), "utf8"),
  };
}

it("gives the records in the order in which they were written", async () => {
  const { path, read, notices } = await setUp();
  expect(await read()).toBeUndefined();
  await writeJournal(path, [{ n: 1 }]);
  await appendToJournal(path, { n: 2, text: "a\nb\u2028" });
  expect(await read()).toEqual([{ n: 1 }, { n: 2, text: "a\nb\u2028" }]);
  expect(notices).toEqual([]);
});

it("sets a torn last line aside, wherever it was torn, and takes further records", async () => {
  const whole = '{"n":1}\n{"n":"é"}\n';
  for (let size = 9; size < Buffer.byteLength(whole); size += 1) {
    const { path, read, names, text, notices } = await setUp();
    await writeFile(path, Buffer.from(whole).subarray(0, size));
    expect(await read()).toEqual([{ n: 1 }]);
    expect(await names()).toEqual(["a.jsonl", "a.jsonl.damaged-1"]);
    expect(await text()).toBe('{"n":1}\n');
    expect(notices).toEqual([
      "`a.jsonl` had lines that cannot be read. The rest is in use; the file as it was is kept as `a.jsonl.damaged-1`.",
    ]);
    await appendToJournal(path, { n: 3 });
    expect(await read()).toEqual([{ n: 1 }, { n: 3 }]);
    expect(notices).toHaveLength(1);
  }
});

it("keeps what is readable around a damaged line, and every damaged version", async () => {
  const { path, read, names, text } = await setUp();
  await writeFile(path, '{"n":1}\n\0\0\0\n[2]\n{"n":3}\n');
  expect(await read()).toEqual([{ n: 1 }, { n: 3 }]);
  await writeFile(path, "nonsense");
  expect(await read()).toEqual([]);
  expect(await names()).toEqual(["a.jsonl", "a.jsonl.damaged-1", "a.jsonl.damaged-2"]);
  expect(await text("a.jsonl.damaged-2")).toBe("nonsense");
});
