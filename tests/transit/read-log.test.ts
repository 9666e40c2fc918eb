import { mkdir, open, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { createEntry } from "../../src/transit/entry.ts";
import { type Line, linesBackwards, linesForwards } from "../../src/transit/lines.ts";
import { logFileName } from "../../src/transit/log-files.ts";
import { type ReadOptions, readNewestFirst, readPlace } from "../../src/transit/read-log.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await makeTempFolder();
});

const hour = 3_600_000;
const noon = Date.UTC(2026, 2, 4, 12);

/** The lines of one request, as the relay writes them. */
function linesOf(requestId: string, at: number, filler = ""): string {
  const entry = createEntry({ requestId, clock: { now: () => at }, content: "full" });
  entry.record("inbound_request", { method: "POST", path: "/v1/responses" });
  entry.record("inbound_body", { body: { model: "gpt-5.5", filler } });
  entry.record("outbound_response", { status_code: 200, outcome: "completed" });
  return entry.close();
}

async function write(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), text);
}

async function idsOf(options?: ReadOptions): Promise<(string | null)[]> {
  const ids: (string | null)[] = [];
  for await (const { requestId } of readNewestFirst(folder, options)) ids.push(requestId);
  return ids;
}

describe("readNewestFirst", () => {
  it("gives requests from the newest to the oldest, over hours, parts and months", async () => {
    const month = Date.UTC(2026, 1, 28, 23);
    await write(logFileName(month), linesOf("req_1", month));
    await write(logFileName(noon), linesOf("req_2", noon) + linesOf("req_3", noon));
    await write(logFileName(noon, 2), linesOf("req_4", noon));
    await write(logFileName(noon, 10), linesOf("req_5", noon));
    await write(logFileName(noon + hour), linesOf("req_6", noon + hour));
    expect(await idsOf()).toEqual(["req_6", "req_5", "req_4", "req_3", "req_2", "req_1"]);
  });

  it("reads the records of a request in their order, all or some", async () => {
    await write(logFileName(noon), linesOf("req_1", noon));
    for await (const transit of readNewestFirst(folder)) {
      const logged_at = "2026-03-04T12:00:00.000Z";
      expect(await transit.records()).toEqual([
        {
          logged_at,
          request_id: "req_1",
          phase: "inbound_request",
          method: "POST",
          path: "/v1/responses",
        },
        {
          logged_at,
          request_id: "req_1",
          phase: "inbound_body",
          body: { model: "gpt-5.5", filler: "" },
        },
        {
          logged_at,
          request_id: "req_1",
          phase: "outbound_response",
          status_code: 200,
          outcome: "completed",
        },
      ]);
      expect(await transit.records(new Set(["outbound_response"]))).toHaveLength(1);
    }
    expect.assertions(2);
  });

  it("leaves out what is older, and does not open older files", async () => {
    await write(logFileName(noon - 2 * hour), linesOf("req_1", noon - 2 * hour));
    await write(logFileName(noon), linesOf("req_2", noon) + linesOf("req_3", noon + 60_000));
    expect(await idsOf({ since: noon + 1_000 })).toEqual(["req_3"]);
  });

  it("passes over a torn last line, and counts what is no record", async () => {
    const torn = linesOf("req_3", noon).slice(0, -20);
    const damaged = `not JSON\n\n{"request_id":"req_2"}\n`;
    await write(logFileName(noon), linesOf("req_1", noon) + damaged + torn);
    let unreadable = 0;
    const ids = await idsOf({ onUnreadable: () => (unreadable += 1) });
    expect([ids, unreadable]).toEqual([["req_3", "req_1"], 2]);
  });

  it("gives what the log says of itself line by line", async () => {
    const own = `{"logged_at":"2026-03-04T12:00:00.000Z","request_id":null,"phase":"log_dropped","requests":2}\n`;
    await write(logFileName(noon), linesOf("req_1", noon) + own + own + linesOf("req_2", noon));
    expect(await idsOf()).toEqual(["req_2", null, null, "req_1"]);
  });

  it("finds nothing where there is no log", async () => {
    expect(await idsOf()).toEqual([]);
  });

  it("gives the lines of a request back as they were written", async () => {
    const text = linesOf("req_2", noon, "ünï\u2028");
    await write(logFileName(noon), linesOf("req_1", noon) + text + linesOf("req_3", noon));
    for await (const transit of readNewestFirst(folder)) {
      if (transit.requestId === "req_2") expect(await readPlace(folder, transit)).toBe(text);
    }
    expect.assertions(1);
  });
});

describe("the lines of a file", () => {
  async function collect(lines: AsyncIterable<Line>): Promise<Line[]> {
    const all: Line[] = [];
    for await (const line of lines) all.push(line);
    return all;
  }

  it("are found with a piece of the file in memory, however long a line is", async () => {
    const path = join(folder, "lines");
    await writeFile(path, linesOf("req_1", noon, "x".repeat(3_000_000)));
    const file = await open(path, "r");
    const read = vi.spyOn(file, "read");
    try {
      const { size } = await file.stat();
      expect(await collect(linesBackwards(file, size))).toHaveLength(3);
      expect(await collect(linesForwards(file, 0, size))).toHaveLength(3);
      const lengths = read.mock.calls.map((call: readonly unknown[]) => Number(call[2]));
      expect(Math.max(...lengths)).toBeLessThanOrEqual(256 * 1024);
    } finally {
      await file.close();
    }
  });

  it("are the same from both ends, wherever they are cut into pieces", async () => {
    const lengths = fc.array(
      fc.oneof(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 260_000, max: 263_000 })),
      { maxLength: 8 },
    );
    const path = join(folder, "lines");
    await fc.assert(
      fc.asyncProperty(lengths, fc.integer({ min: 0, max: 400 }), async (sizes, torn) => {
        const texts = sizes.map((size, index) => {
          const head = `{"logged_at":"2026-03-04T12:00:00.000Z","request_id":"req_${index}","phase":"x"`;
          return size < head.length ? "y".repeat(size) : head.padEnd(size, "z");
        });
        await writeFile(path, texts.map((each) => `${each}\n`).join("") + "t".repeat(torn));
        const file = await open(path, "r");
        try {
          const { size } = await file.stat();
          const forwards = await collect(linesForwards(file, 0, size));
          const backwards = await collect(linesBackwards(file, size));
          expect(backwards.toReversed()).toEqual(forwards);
          expect(forwards.map(({ start, end }) => end - start)).toEqual(sizes);
          expect(forwards.map(({ head }) => head?.requestId)).toEqual(
            texts.map((each, index) => (each.startsWith("{") ? `req_${index}` : undefined)),
          );
        } finally {
          await file.close();
        }
      }),
      { numRuns: 40 },
    );
  });
});
