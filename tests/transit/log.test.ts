import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { createLiveSecrets } from "../../src/live-secrets.ts";
import { createTransitLog, type TransitLogOptions } from "../../src/transit/log.ts";
import { settableClock } from "../helpers/local-state.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await makeTempFolder();
});

function createLog(options: Partial<TransitLogOptions> = {}) {
  const notices: string[] = [];
  const log = createTransitLog({
    directory: join(folder, "logs"),
    clock: { now: () => Date.now() },
    content: "full",
    onNotice: (text) => notices.push(text),
    ...options,
  });
  return { log, notices };
}

/** The files of the log by their path, with their records. */
async function readFiles(): Promise<Record<string, unknown[]>> {
  const root = join(folder, "logs");
  const names = (await readdir(root, { recursive: true })).filter((name) => name.endsWith(".log"));
  const files = await Promise.all(
    names.map(async (name) => {
      const lines = (await readFile(join(root, name), "utf8")).split("\n").filter(Boolean);
      return [name, lines.map((line) => JSON.parse(line) as unknown)] as const;
    }),
  );
  return Object.fromEntries(files);
}

describe("createTransitLog", () => {
  it("writes the records of a request as lines of the file of the UTC hour", async () => {
    const { log } = createLog({ clock: settableClock(Date.UTC(2026, 2, 4, 5, 6, 7)) });
    const entry = log.open("req_1");
    entry.record("inbound_request", { path: "/v1/models" });
    entry.record("outbound_response", { status_code: 200 });
    log.finish(entry);
    await log.close();

    const logged_at = "2026-03-04T05:06:07.000Z";
    expect(await readFiles()).toEqual({
      [join("2026", "03", "04-05.log")]: [
        { logged_at, request_id: "req_1", phase: "inbound_request", path: "/v1/models" },
        { logged_at, request_id: "req_1", phase: "outbound_response", status_code: 200 },
      ],
    });
  });

  it("T28 is readable by its owner only, files and folders", async () => {
    const { log } = createLog();
    const entry = log.open("req_1");
    entry.record("x", {});
    log.finish(entry);
    await log.close();
    const root = join(folder, "logs");
    const names = await readdir(root, { recursive: true });
    const modes = await Promise.all(
      ["", ...names].map(async (name) => ((await stat(join(root, name))).mode & 0o777).toString(8)),
    );
    expect(modes).toEqual(["700", "700", "700", "600"]);
  });

  it("keeps every record of many requests in a row, and appends after a restart", async () => {
    for (const round of [0, 1]) {
      const { log } = createLog();
      for (let i = 0; i < 500; i += 1) {
        const entry = log.open(`req_${round}_${i}`);
        entry.record("x", { filler: "y".repeat(1_000) });
        log.finish(entry);
      }
      await log.close();
    }
    const files = await readFiles();
    expect(Object.values(files).flat()).toHaveLength(1_000);
  });

  it("T27 keeps secrets out of every line, also those with a quote in them", async () => {
    const secrets = ["a-relay-token-of-some-length", 'a"quoted\\token-of-some-length'];
    const live = createLiveSecrets();
    live.add(...secrets);
    const { log } = createLog({ withoutSecrets: live.strip });
    const entry = log.open("req_1");
    entry.record("x", { path: `/v1/${secrets[0]}`, body: { input: `It is ${secrets[1]}.` } });
    log.finish(entry);
    await log.close();
    expect(Object.values(await readFiles()).flat()).toMatchObject([
      { path: "/v1/[secret]", body: { input: "It is [secret]." } },
    ]);
  });

  it("T58 says once that it cannot write, and disturbs nobody", async () => {
    await writeFile(join(folder, "logs"), "a file where the folder should be");
    const { log, notices } = createLog();
    for (let i = 0; i < 100; i += 1) {
      const entry = log.open(`req_${i}`);
      entry.record("x", { filler: "y".repeat(1_000) });
      log.finish(entry);
    }
    await log.close();
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/^The transit log cannot be written: .*Answers go on without it\.$/);
  });

  it("takes nothing after it was closed", async () => {
    const { log } = createLog();
    await log.close();
    const entry = log.open("req_1");
    entry.record("x", {});
    log.finish(entry);
    await log.close();
    await expect(readdir(join(folder, "logs"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("leaves the modes of a folder that exists alone", async () => {
    await chmod(folder, 0o755);
    const { log } = createLog({ directory: folder });
    const entry = log.open("req_1");
    entry.record("x", {});
    log.finish(entry);
    await log.close();
    expect((await stat(folder)).mode & 0o777).toBe(0o755);
  });
});

describe("a log whose surroundings change", () => {
  const hour = 3_600_000;
  const noon = Date.UTC(2026, 2, 4, 12, 30);
  const inHour = (name: string): string => join("2026", "03", name);

  /** A log on a clock that is set by hand; `write` resolves when its record is on disk. */
  function createClockedLog(options: Partial<TransitLogOptions> = {}) {
    const clock = settableClock(noon);
    const { log, notices } = createLog({ clock, ...options });
    const write = async (requestId: string): Promise<void> => {
      const entry = log.open(requestId);
      entry.record("x", {});
      log.finish(entry);
      await vi.waitFor(async () => expect(await ids()).toContain(requestId), { interval: 5 });
    };
    return { clock, log, notices, write };
  }

  const folderBytes = async (): Promise<number> => {
    const root = join(folder, "logs");
    const names = await readdir(root, { recursive: true });
    const found = await Promise.all(
      names
        .filter((name) => name.endsWith(".log"))
        .map((name) => stat(join(root, name)).catch(() => undefined)),
    );
    return found.reduce((sum, each) => sum + (each?.size ?? 0), 0);
  };

  const ids = async (): Promise<unknown[]> =>
    Object.values(await readFiles().catch(() => ({})))
      .flat()
      .map((record) => (record as { request_id: unknown }).request_id);

  it("goes on in a new file when its folder is deleted while it runs", async () => {
    const { log, notices, write } = createClockedLog();
    await write("req_1");
    await rm(join(folder, "logs"), { recursive: true });
    await write("req_2");
    await write("req_3");
    await log.close();
    expect(await ids()).toEqual(["req_2", "req_3"]);
    expect((await stat(join(folder, "logs", inHour("04-12.log")))).mode & 0o777).toBe(0o600);
    expect(notices).toEqual([]);
  });

  it("goes on in a new file when its file is moved away, as log rotation does", async () => {
    const { log, write } = createClockedLog();
    await write("req_1");
    const path = join(folder, "logs", inHour("04-12.log"));
    await rename(path, join(folder, "logs", "moved.log"));
    await write("req_2");
    await log.close();
    expect(await readFiles()).toMatchObject({
      [inHour("04-12.log")]: [{ request_id: "req_2" }],
      "moved.log": [{ request_id: "req_1" }],
    });
  });

  it("finds the hour's file after sleep, and after the clock was set forward or back", async () => {
    const { clock, log, write } = createClockedLog();
    await write("req_1");
    clock.set(noon + 8 * hour);
    await write("req_2");
    clock.set(noon - hour);
    await write("req_3");
    clock.set(noon);
    await write("req_4");
    await log.close();
    const files = await readFiles();
    const told = Object.keys(files)
      .sort()
      .map((name) => [
        name,
        files[name]?.map((each) => (each as { request_id: string }).request_id),
      ]);
    expect(told).toEqual([
      [inHour("04-11.log"), ["req_3"]],
      [inHour("04-12.log"), ["req_1", "req_4"]],
      [inHour("04-20.log"), ["req_2"]],
    ]);
  });

  it("counts what a disk that fails cost, says so once, and goes on when it takes more", async () => {
    const { log, notices, write } = createClockedLog({ reopenAfterMs: 5 });
    await write("req_1");
    const path = join(folder, "logs", inHour("04-12.log"));
    await rename(path, join(folder, "logs", "whole.log"));
    await mkdir(path);
    const lost = log.open("req_2");
    lost.record("x", {});
    log.finish(lost);
    await vi.waitFor(() => expect(notices).toHaveLength(1), { interval: 5 });
    await rm(path, { recursive: true });
    await write("req_3");
    await log.close();
    const records = await readFile(path, "utf8");
    expect(records).toMatch(/"log_dropped","requests":1\}\n.*"req_3"/);
    expect(notices).toEqual([expect.stringMatching(/^The transit log cannot be written: /)]);
  });

  it.skipIf(process.platform === "win32")(
    "counts what a disk that does not even tell about its files cost, and goes on later",
    async () => {
      const { log, notices, write } = createClockedLog({ reopenAfterMs: 100 });
      await write("req_1");
      // The way to the file is a circle: looking at it fails, as on a network disk that went away.
      const year = join(folder, "logs", "2026");
      await rename(year, join(folder, "year"));
      await symlink(year, year);
      const lost = log.open("req_2");
      lost.record("x", { filler: "y".repeat(100_000) });
      expect(() => log.finish(lost)).not.toThrow();
      await vi.waitFor(() => expect(notices).toHaveLength(1), { interval: 5 });
      await rm(year);
      await rename(join(folder, "year"), year);
      await write("req_3");
      await log.close();
      expect(await ids()).toEqual(["req_1", "req_2", "req_3"]);
      expect(notices).toEqual([expect.stringMatching(/^The transit log cannot be written: ELOOP/)]);
    },
  );

  it("T58 goes on in another part within the hour, deletes the oldest, and says so", async () => {
    const bounds = { maxTotalBytes: 80_000, retentionDays: 0 };
    const { log, notices } = createLog({ clock: settableClock(noon), bounds });
    const sizes: number[] = [];
    for (let i = 0; i < 30; i += 1) {
      const entry = log.open(`req_${i}`);
      entry.record("x", { filler: "y".repeat(5_000) });
      log.finish(entry);
      await vi.waitFor(async () => expect(await ids()).toContain(`req_${i}`), { interval: 2 });
      sizes.push(await folderBytes());
    }
    await log.close();
    // While it ran, what is deleted may have been about to go.
    expect(Math.max(...sizes)).toBeLessThan(100_000);
    expect(await folderBytes()).toBeLessThanOrEqual(80_000);
    const files = await readFiles();
    const names = Object.keys(files);
    expect(names).not.toContain(inHour("04-12.log"));
    expect(names.every((name) => /04-12_\d{3}\.log$/.test(name))).toBe(true);
    expect(await ids()).toContain("req_29");
    expect(Object.values(files).flat()).toContainEqual({
      logged_at: "2026-03-04T12:30:00.000Z",
      request_id: null,
      phase: "log_pruned",
      reason: "logging.max_total_bytes",
      files: expect.any(Number),
      bytes: expect.any(Number),
    });
    expect(notices).toEqual([
      expect.stringMatching(
        /^The oldest of the transit log was deleted, \d+ files? of 0\.0 MB, as `logging\.max_total_bytes` says\.$/,
      ),
    ]);
  });

  it("deletes at the start what is older than is kept", async () => {
    const old = join(folder, "logs", "2026", "01", "31-12.log");
    await mkdir(dirname(old), { recursive: true });
    await writeFile(old, "{}\n");
    const bounds = { maxTotalBytes: 0, retentionDays: 30 };
    const { log, notices, write } = createClockedLog({ bounds });
    await write("req_1");
    await log.close();
    expect(Object.keys(await readFiles())).toEqual([inHour("04-12.log")]);
    expect(notices).toEqual([expect.stringContaining("as `logging.retention_days` says.")]);
  });

  it("disturbs nobody when a record cannot be made into a line", async () => {
    const { log } = createClockedLog({
      withoutSecrets: () => {
        throw new Error("a defect");
      },
    });
    const entry = log.open("req_1");
    entry.record("x", {});
    expect(() => log.finish(entry)).not.toThrow();
    await log.close();
  });
});
