/** Every attack of the list has a test that carries its number, or a reason why not. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

it("holds a test or a reason for each of T1 to T64", () => {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" });
  const tests = files
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(join(root, path), "utf8"))
    .flatMap((text) => [...text.matchAll(/["'`]((?:T\d+ )+)|"(T\d+)",/g)])
    .flatMap(([, names = "", name = ""]) => [...names.trim().split(" "), name]);
  const [, reasons = ""] = readFileSync(join(root, "attacks", "README.md"), "utf8").split(
    "## What is not tested",
  );
  const excused = [...reasons.matchAll(/^\| (T\d+) \|/gm)].map(([, name]) => name);
  const known = new Set([...tests, ...excused]);
  const all = Array.from({ length: 64 }, (_, index) => `T${index + 1}`);
  expect(all.filter((name) => !known.has(name))).toEqual([]);
});
