import { appendFile, mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createEntry } from "../../src/transit/entry.ts";
import { followLog, sizesNow } from "../../src/transit/follow-log.ts";
import { logFileName } from "../../src/transit/log-files.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await makeTempFolder();
});

const hour = 3_600_000;
const noon = Date.UTC(2026, 2, 4, 12);

function linesOf(requestId: string, at = noon): string {
  const entry = createEntry({ requestId, clock: { now: () => at }, content: "full" });
  entry.record("inbound_request", { method: "GET", path: "/v1/models" });
  entry.record("outbound_response", { status_code: 200 });
  return entry.close();
}

async function append(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await appendFile(join(folder, name), text);
}

/** Does one step before each look, and gives the ids that were seen after it. */
async function follow(steps: readonly (() => Promise<void>)[]): Promise<string[][]> {
  const seen: string[][] = [];
  const sizes = await sizesNow(folder);
  const next = async (): Promise<boolean> => {
    const step = steps[seen.length];
    if (step === undefined) return false;
    await step();
    seen.push([]);
    return true;
  };
  for await (const { requestId } of followLog(folder, { sizes, next })) {
    seen.at(-1)?.push(requestId ?? "null");
  }
  return seen;
}

describe("followLog", () => {
  it("gives what is added, each request once, and nothing of before", async () => {
    await append(logFileName(noon), linesOf("req_0"));
    expect(
      await follow([
        async () => undefined,
        () => append(logFileName(noon), linesOf("req_1") + linesOf("req_2")),
        async () => undefined,
        () => append(logFileName(noon), linesOf("req_3")),
      ]),
    ).toEqual([[], ["req_1", "req_2"], [], ["req_3"]]);
  });

  it("goes on in the next part, the next hour and the next month", async () => {
    const newYear = Date.UTC(2027, 0, 1);
    expect(
      await follow([
        () => append(logFileName(noon), linesOf("req_1")),
        () => append(logFileName(noon, 2), linesOf("req_2")),
        async () => {
          // The last lines of an hour come after the first ones of another relay's next.
          await append(logFileName(noon + hour), linesOf("req_4"));
          await append(logFileName(noon, 2), linesOf("req_3"));
        },
        () => append(logFileName(newYear), linesOf("req_5", newYear)),
      ]),
    ).toEqual([["req_1"], ["req_2"], ["req_3", "req_4"], ["req_5"]]);
  });

  it("waits for the end of a line and of a request that are being written", async () => {
    const text = linesOf("req_1");
    const [first = "", second = ""] = text.split(/(?<=\n)/);
    expect(
      await follow([
        () => append(logFileName(noon), first.slice(0, 30)),
        () => append(logFileName(noon), first.slice(30)),
        () => append(logFileName(noon), second.slice(0, 50)),
        () => append(logFileName(noon), second.slice(50)),
      ]),
    ).toEqual([[], [], [], ["req_1"]]);
  });

  it("gives a request whose end was never written when the next one comes", async () => {
    const [first = ""] = linesOf("req_1").split(/(?<=\n)/);
    expect(
      await follow([
        () => append(logFileName(noon), first),
        () => append(logFileName(noon), linesOf("req_2")),
      ]),
    ).toEqual([[], ["req_1", "req_2"]]);
  });

  it("goes on when the file or the whole folder is taken away", async () => {
    const name = logFileName(noon);
    expect(
      await follow([
        () => append(name, linesOf("req_1") + linesOf("req_2")),
        async () => {
          await rename(join(folder, name), join(folder, "moved"));
          await append(name, linesOf("req_3"));
        },
        () => rm(join(folder, "2026"), { recursive: true }),
        () => append(name, linesOf("req_4")),
      ]),
    ).toEqual([["req_1", "req_2"], ["req_3"], [], ["req_4"]]);
  });
});
