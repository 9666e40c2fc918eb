import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLiveSecrets } from "../../src/live-secrets.ts";
import { createTransitLog, type TransitLogOptions } from "../../src/transit/log.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await makeTempFolder();
});
afterEach(() => {
  vi.useRealTimers();
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
    // The stream below asks the process for the time, and not our clock.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 2, 4, 5, 6, 7) });
    const { log } = createLog();
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
