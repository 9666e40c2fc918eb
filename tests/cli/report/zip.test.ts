import { expect, it } from "vitest";
import { toZip } from "../../../src/cli/report/zip.ts";
import { unzip } from "../../helpers/unzip.ts";

const at = Date.UTC(2026, 10, 21, 12, 34, 56);

it("holds texts by their names, empty and long ones, and letters of any kind", () => {
  const texts = new Map([
    ["a.txt", ""],
    ["ünï/b.json", "ü".repeat(100_000)],
    ["c", "x"],
  ]);
  const entries = [...texts].map(([name, text]) => ({ name, text }));
  const zip = toZip(entries, at);
  expect(unzip(zip)).toEqual(texts);
  expect(zip.length).toBeLessThan(2_000);
});

it("says when its files were written, and that their owner alone may read them", () => {
  const zip = toZip([{ name: "a", text: "x" }], at);
  expect(zip.readUInt16LE(10)).toBe((12 << 11) | (34 << 5) | 28);
  expect(zip.readUInt16LE(12)).toBe((46 << 9) | (11 << 5) | 21);
  const directory = zip.indexOf(Buffer.from("PK\u0001\u0002", "latin1"));
  expect((zip.readUInt32LE(directory + 38) >>> 16).toString(8)).toBe("100600");
});

it("is a good zip file with nothing in it", () => {
  expect(unzip(toZip([], at))).toEqual(new Map());
});
