/** Every attack of the list has a test that carries its number, or a reason why not; the table is true. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const all = Array.from({ length: 64 }, (_, index) => `T${index + 1}`);
const [table = "", reasons = ""] = readFileSync(join(root, "attacks", "README.md"), "utf8").split(
  "## What is not tested",
);
const excused = [...reasons.matchAll(/^\| (T\d+) \|/gm)].map(([, name]) => name);

/** The numbers in the names of a file's tests, by its path as the table has it. */
const numbersOf = new Map(
  readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => [
      path.replaceAll("\\", "/").replace(/^attacks\/|(\.test)?\.ts$/g, ""),
      numbersIn(readFileSync(join(root, path), "utf8")),
    ]),
);

function numbersIn(text: string): readonly string[] {
  const names = [...text.matchAll(/["'`]((?:T\d+ )+)|"(T\d+)",/g)];
  return names.flatMap(([, some = "", one = ""]) => [...some.trim().split(" "), one]);
}

/** `T1–T4`, `T5, T8`. */
function numbersOfRow(cell: string): readonly string[] {
  return cell.split(", ").flatMap((part) => {
    const [first = "", last = first] = part.split("–");
    return all.slice(all.indexOf(first), all.indexOf(last) + 1);
  });
}

it("holds a test or a reason for each of T1 to T64", () => {
  const known = new Set([...[...numbersOf.values()].flat(), ...excused]);
  expect(all.filter((name) => !known.has(name))).toEqual([]);
});

it("names for each of them a place that has a test of it, and no place that has none", () => {
  const rows = [...table.matchAll(/^\| (T\d.*?) \| .* \| (.*) \|$/gm)];
  const wrong = rows.flatMap(([, cell = "", where = ""]) => {
    const numbers = numbersOfRow(cell);
    const places = [...where.matchAll(/`(.*?)`/g)].map(([, place = ""]) => ({
      place,
      has: [...numbersOf].flatMap(([path, some]) =>
        path === place || (place.endsWith("/") && path.startsWith(place)) ? some : [],
      ),
    }));
    const held = new Set(places.flatMap(({ has }) => has));
    return [
      ...numbers.filter((each) => !held.has(each) && !excused.includes(each)),
      ...places.flatMap(({ place, has }) =>
        numbers.some((each) => has.includes(each)) ? [] : `${place} of ${cell}`,
      ),
    ];
  });
  expect(rows.flatMap(([, cell = ""]) => numbersOfRow(cell))).toHaveLength(all.length - 1);
  expect(wrong).toEqual([]);
});
