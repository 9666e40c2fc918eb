import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { appendToJournal, readJournal, writeJournal } from "../../src/storage/journal.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

async function setUp(name = "a.jsonl") {
  const folder = await makeTempFolder();
  const notices: string[] = [];
  const path = join(folder, name);
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

it("skips a torn last line, wherever it was torn, and sets it aside behind the next record", async () => {
  const whole = '{"n":1}\n{"n":"é"}\n';
  for (let size = 9; size < Buffer.byteLength(whole) - 1; size += 1) {
    const { path, read, names, text, notices } = await setUp();
    const torn = Buffer.from(whole).subarray(0, size);
    await writeFile(path, torn);
    expect(await read()).toEqual([{ n: 1 }]);
    // Another relay may be writing it at this moment.
    expect([await names(), await readFile(path), notices]).toEqual([["a.jsonl"], torn, []]);
    await appendToJournal(path, { n: 3 });
    expect(await read()).toEqual([{ n: 1 }, { n: 3 }]);
    expect(await names()).toEqual(["a.jsonl", "a.jsonl.damaged-1"]);
    expect(await text()).toBe('{"n":1}\n{"n":3}\n');
    expect(notices).toEqual([
      "`a.jsonl` had lines that cannot be read. The rest is in use; the file as it was is kept as `a.jsonl.damaged-1`.",
    ]);
    expect(await read()).toEqual([{ n: 1 }, { n: 3 }]);
    expect(notices).toHaveLength(1);
  }
});

it("takes a last line that lacks nothing but its line break for whole, now and later", async () => {
  const { path, read, notices } = await setUp();
  await writeFile(path, '{"n":1}\n{"n":2}');
  expect(await read()).toEqual([{ n: 1 }, { n: 2 }]);
  await appendToJournal(path, { n: 3 });
  expect(await read()).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  expect(notices).toEqual([]);
});

it("keeps large records whole that are added side by side", async () => {
  const { path, read } = await setUp();
  await writeJournal(path, [{ n: -1 }]);
  const records = [...Array(8).keys()].map((n) => ({ n, text: String(n).repeat(2_000_000) }));
  await Promise.all(records.map((record) => appendToJournal(path, record)));
  const found = await read();
  expect(found?.map(({ n, text }) => [n, String(text).length]).sort()).toEqual([
    [-1, "undefined".length],
    ...records.map(({ n }) => [n, 2_000_000]),
  ]);
});

it("adds nothing to a journal that is gone", async () => {
  const { path, names } = await setUp();
  await expect(appendToJournal(path, { n: 1 })).rejects.toMatchObject({ code: "ENOENT" });
  expect(await names()).toEqual([]);
});

it("gives what it can read when nothing can be put right", async () => {
  // A copy of this name would be longer than names may be.
  const { path, read, notices } = await setUp(`${"a".repeat(244)}.jsonl`);
  await writeFile(path, '{"n":1}\nnonsense\n{"n":3}\n');
  expect(await read()).toEqual([{ n: 1 }, { n: 3 }]);
  expect(notices).toEqual([expect.stringContaining("could not be put right: ENAMETOOLONG")]);
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
