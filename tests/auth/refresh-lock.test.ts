import { mkdir, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createFileStore } from "../../src/auth/file-store.ts";
import { createRefreshLock } from "../../src/auth/refresh-lock.ts";
import { createSession } from "../../src/auth/session.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";
import { createManualClock } from "./manual-clock.ts";
import { createMemoryFailures } from "./memory-failures.ts";
import { accessToken, login } from "./tokens.ts";

/** A lock as another process has it: same folder, nothing else shared. Waiting costs no real time. */
function createLock(dataDir: string) {
  const clock = createManualClock();
  const sleep = async (ms: number) => {
    clock.advance(ms / 1000);
    await setImmediate();
  };
  return createRefreshLock({ dataDir, clock, sleep, waitMs: 60_000_000 });
}

describe("the refresh lock", () => {
  it("lets one process at a time work, and all of them in the end", async () => {
    const dataDir = await makeTempFolder();
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await setImmediate();
      inside -= 1;
      return "done";
    };
    const locks = [createLock(dataDir), createLock(dataDir), createLock(dataDir)];
    expect(await Promise.all(locks.map((lock) => lock(work)))).toEqual(["done", "done", "done"]);
    expect(most).toBe(1);
  });

  it("is free again after the work failed", async () => {
    const dataDir = await makeTempFolder();
    const lock = createLock(dataDir);
    await expect(lock(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await lock(async () => "yes")).toBe("yes");
  });

  it("T34 of a crashed process is taken over", async () => {
    const dataDir = await makeTempFolder();
    await mkdir(join(dataDir, "auth.lock"));
    await utimes(join(dataDir, "auth.lock"), 1, 1);
    expect(await createLock(dataDir)(async () => "mine")).toBe("mine");
  });

  it("that another process holds too long is an error that names it", async () => {
    const dataDir = await makeTempFolder();
    await mkdir(join(dataDir, "auth.lock"));
    const clock = createManualClock();
    const lock = createRefreshLock({
      dataDir,
      clock,
      sleep: async (ms) => clock.advance(ms / 1000),
      waitMs: 1000,
    });
    await expect(lock(() => Promise.reject(new Error("It ran.")))).rejects.toMatchObject({
      code: "storage_failed",
      message: expect.stringContaining(join(dataDir, "auth.lock")),
    });
    expect((await stat(join(dataDir, "auth.lock"))).isDirectory()).toBe(true);
  });

  it("T33 lets two relays on one folder refresh a token that works once", async () => {
    const dataDir = await makeTempFolder();
    const clock = createManualClock();
    const spent: string[] = [];
    const createRelay = () =>
      createSession({
        store: createFileStore({ dataDir, platform: "linux", onNotice: expect.unreachable }),
        clock,
        lock: createLock(dataDir),
        failures: createMemoryFailures(clock),
        onNotice: expect.unreachable,
        async refreshGrant(refreshToken) {
          if (spent.includes(refreshToken)) throw new Error("refresh_token_reused");
          spent.push(refreshToken);
          await setImmediate();
          return { accessToken: accessToken("second", 900_000), refreshToken: "refresh-2" };
        },
      });
    const relays = [createRelay(), createRelay()] as const;
    await relays[0].replace(login({ accessToken: accessToken("first", 60) }));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => relays[index % 2 === 0 ? 0 : 1].current()),
    );
    expect(new Set(answers.map((answer) => answer.refreshToken))).toEqual(new Set(["refresh-2"]));
    expect(spent).toEqual(["refresh-1"]);
  });
});
