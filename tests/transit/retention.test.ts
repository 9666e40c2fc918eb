import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { logFileName } from "../../src/transit/log-files.ts";
import {
  createLogRoom,
  type LogBounds,
  pastBounds,
  type Removal,
  type SizedFile,
} from "../../src/transit/retention.ts";
import { settableClock } from "../helpers/local-state.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

const hour = 3_600_000;
const noon = Date.UTC(2026, 2, 4, 12);

const file = (hoursAgo: number, bytes: number, part = 1): SizedFile => {
  const at = noon - hoursAgo * hour;
  return { name: logFileName(at, part), hour: at, part, bytes };
};

describe("pastBounds", () => {
  const files = [file(0, 10), file(1, 40, 2), file(1, 40), file(2, 5), file(50, 5)];
  const due = (bounds: Partial<LogBounds>, protectedName = files[0]?.name) =>
    pastBounds(files, {
      bounds: { maxTotalBytes: 0, retentionDays: 0, ...bounds },
      share: (bounds.maxTotalBytes ?? 0) / 8,
      protectedName,
      now: noon,
    }).map(({ name, reason }) => [name, reason]);

  it("names nothing without bounds", () => {
    expect(due({})).toEqual([]);
  });

  it("names the oldest that find no room beside what the current file may grow to", () => {
    expect(due({ maxTotalBytes: 80 })).toEqual([
      [files[2]?.name, "max_total_bytes"],
      [files[3]?.name, "max_total_bytes"],
      [files[4]?.name, "max_total_bytes"],
    ]);
  });

  it("names what ended more days ago than are kept", () => {
    expect(due({ retentionDays: 2 })).toEqual([[files[4]?.name, "retention_days"]]);
    expect(due({ retentionDays: 3 })).toEqual([]);
  });

  it("never names the file that is written to", () => {
    const old = files[4]?.name;
    expect(due({ maxTotalBytes: 1, retentionDays: 1 }, old).map(([name]) => name)).not.toContain(
      old,
    );
  });
});

describe("createLogRoom", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await makeTempFolder();
  });

  const write = async (name: string, bytes: number): Promise<void> => {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), "x".repeat(bytes));
  };

  function arrange(bounds: Partial<LogBounds>) {
    const removals: Removal[] = [];
    const notices: string[] = [];
    const clock = settableClock(noon);
    const room = createLogRoom({
      directory: folder,
      clock,
      bounds: { maxTotalBytes: 0, retentionDays: 0, ...bounds },
      onRemoved: (each) => removals.push(...each),
      onNotice: (text) => notices.push(text),
    });
    return { clock, room, removals, notices };
  }

  const left = async (): Promise<string[]> =>
    (await readdir(folder, { recursive: true }))
      .filter((name) => /\.\w+$/.test(name) && !name.startsWith("2025"))
      .sort();

  it("deletes files of the log's own names only, and what it empties of earlier months", async () => {
    const month = join("2026", "01");
    await write(join(month, "01-00.log"), 10);
    await write(join("2026", "02", "01-00.log"), 10);
    await write(join("2026", "02", "notes.txt"), 10);
    await write(join("2026", "02", "01-99.log"), 10);
    await write(join("2026", "02", "30-01.log"), 10);
    await write(join("2026", "02", "01-00.log.bak"), 10);
    await write("01-00.log", 10);
    await write(join("elsewhere", "02", "01-00.log"), 10);
    await symlink(join(folder, "elsewhere"), join(folder, "2025"), "junction");

    const { room, removals } = arrange({ retentionDays: 1 });
    room.enter();
    await room.sweep();

    expect(removals).toEqual([{ reason: "retention_days", files: 2, bytes: 20 }]);
    expect(await left()).toEqual(
      [
        "01-00.log",
        join("2026", "02", "01-00.log.bak"),
        join("2026", "02", "01-99.log"),
        join("2026", "02", "30-01.log"),
        join("2026", "02", "notes.txt"),
        join("elsewhere", "02", "01-00.log"),
      ].sort(),
    );
    expect(await readdir(join(folder, "2026"))).toEqual(["02"]);
  });

  it("begins another part when a file has had an eighth of the room, also of an earlier start", async () => {
    const { room, clock } = arrange({ maxTotalBytes: 800 });
    expect(room.isOver()).toBe(true);
    expect(room.enter()).toBe(logFileName(noon));
    room.wrote(99);
    expect(room.isOver()).toBe(false);
    room.wrote(1);
    expect(room.isOver()).toBe(true);
    await write(logFileName(noon), 100);
    await write(logFileName(noon, 9), 100);
    await write(logFileName(noon, 10), 99);
    expect(room.enter()).toBe(logFileName(noon, 10));
    room.wrote(1);
    expect(room.isOver()).toBe(true);
    clock.set(noon + hour);
    expect(room.enter()).toBe(logFileName(noon + hour));
    await room.sweep();
  });

  it("keeps the newest file when nothing is written yet", async () => {
    await write(logFileName(noon - 99 * hour), 10);
    const { room, removals } = arrange({ retentionDays: 1, maxTotalBytes: 1 });
    await room.sweep();
    expect([removals, await left()]).toEqual([[], [logFileName(noon - 99 * hour)]]);
  });
});
