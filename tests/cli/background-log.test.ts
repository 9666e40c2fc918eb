import { appendFileSync } from "node:fs";
import { appendFile, readFile, stat } from "node:fs/promises";
import picocolors from "picocolors";
import { expect, it } from "vitest";
import { backgroundLogPath, intoBackgroundLog } from "../../src/cli/background-log.ts";
import type { CliIO } from "../../src/cli/io.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

/** As much of the output as is looked at: a stream that was opened to append. */
function appendingTo(path: string): CliIO {
  const colors = picocolors.createColors(false);
  const io = { stderr: (text: string) => appendFileSync(path, text), stderrColors: colors };
  return io as unknown as CliIO;
}

const clock = { now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6) };

it("gives each line by itself its time, and leaves a greeting as it is", async () => {
  const folder = await makeTempFolder();
  const path = backgroundLogPath(folder);
  const io = intoBackgroundLog(appendingTo(path), folder, clock);
  io.stderr("note: one\n");
  // Two requests that ended together.
  io.stderr("request id=1\nrequest id=2\n");
  io.stderr("a greeting\n\nof three lines\n");
  const time = "2026-01-02T03:04:05.006Z";
  expect(await readFile(path, "utf8")).toBe(
    `${time} note: one\n${time} request id=1\n${time} request id=2\na greeting\n\nof three lines\n`,
  );
});

it("keeps what it holds once, and begins anew, when it is full", async () => {
  const folder = await makeTempFolder();
  const path = backgroundLogPath(folder);
  const io = intoBackgroundLog(appendingTo(path), folder, clock);
  const line = `${"x".repeat(1023)}\n`;
  let largest = 0;
  for (let count = 0; count < 3_000; count += 1) {
    io.stderr(`${line}\n`);
    if (count % 50 === 0) largest = Math.max(largest, (await stat(path)).size);
  }
  expect(largest).toBeLessThan(1_200_000);
  expect((await stat(`${path}.1`)).size).toBeGreaterThan(1_000_000);
  io.stderr("the last\n");
  expect(await readFile(path, "utf8")).toMatch(/^x{1023}\n[\s\S]*the last\n$/);
});

it("cuts a file at once that is full already", async () => {
  const folder = await makeTempFolder();
  const path = backgroundLogPath(folder);
  await appendFile(path, "y".repeat(2_000_000));
  // A relay that cannot start says so on the stream itself, again and again.
  intoBackgroundLog(appendingTo(path), folder, clock);
  expect((await stat(path)).size).toBe(0);
});
