/**
 * The benchmark, once and small: that it runs, that every answer it gets is right, and that its table is
 * whole. What it measures while other tests run beside it means nothing, and is not looked at. Needs
 * `dist`, which `npm test` builds.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { figures } from "../../bench/figures.ts";

const root = join(import.meta.dirname, "..", "..");

it("measures every row of its table", { timeout: 120_000 }, async () => {
  const args = ["--import", "tsx", join("bench", "run.ts"), "--quick"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });

  const [, ...rows] = stdout.split("\n\n")[0]?.split("\n") ?? [];
  const labels = Object.values(figures).map(({ label }) => label);
  expect(rows).toHaveLength(labels.length);
  for (const [index, label] of labels.entries()) {
    expect(rows[index]?.slice(0, label.length)).toBe(label);
    expect(rows[index]?.slice(label.length)).toMatch(/^ +-?\d/);
  }
  expect(stdout).toContain("Every answer was checked.");
});
