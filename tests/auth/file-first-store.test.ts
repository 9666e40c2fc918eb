import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFileStore } from "../../src/auth/file-store.ts";
import type { Keyring } from "../../src/auth/keyring-store.ts";
import { openStore, type StorageMode } from "../../src/auth/store.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";
import { createMemoryKeyring } from "./fake-keyring.ts";
import { login } from "./tokens.ts";

const failing = () => Promise.reject(new Error("no keyring"));
const away: Keyring = { get: failing, set: failing, delete: failing };
const never: Keyring = {
  get: expect.unreachable,
  set: expect.unreachable,
  delete: expect.unreachable,
};

function open(mode: StorageMode, dataDir: string, keyring: Keyring) {
  return openStore({ mode, dataDir, platform: "linux", keyring, onNotice: expect.unreachable });
}

/** What keyring mode left behind, and the same folder in file mode. */
async function arrange(keyringNow?: Keyring) {
  const [dataDir, entries] = [await makeTempFolder(), new Map<string, string>()];
  const keyring = createMemoryKeyring(entries);
  await open("keyring", dataDir, keyring).save(login());
  return { dataDir, entries, store: open("file", dataDir, keyringNow ?? keyring) };
}

const newer = login({ refreshToken: "refresh-2", lastRefresh: "2026-06-02T00:00:00.000Z" });

describe("file mode", () => {
  it("asks no keyring when no login was ever sealed", async () => {
    const store = open("file", await makeTempFolder(), never);
    expect(await store.load()).toBeUndefined();
    await store.save(login());
    expect([await store.load(), await store.clear()]).toEqual([login(), true]);
  });

  it("finds the sealed login of another mode, and moves it out at a save", async () => {
    const { store, dataDir, entries } = await arrange();
    const place = (name: string) => join(dataDir, name);
    expect([await store.load(), store.path]).toEqual([login(), place("auth.sealed")]);
    expect([await readdir(dataDir), store.isMisplaced]).toEqual([["auth.sealed"], true]);
    await store.save(login());
    expect([await store.load(), store.path]).toEqual([login(), place("auth.json")]);
    expect(store.isMisplaced).toBe(false);
    expect([await readdir(dataDir), entries.size]).toEqual([["auth.json"], 0]);
  });

  it("takes the newer login when both are there", async () => {
    const { store, dataDir } = await arrange();
    const plain = createFileStore({ dataDir, platform: "linux", onNotice: expect.unreachable });
    await plain.save(newer);
    expect([await store.load(), store.isMisplaced]).toEqual([newer, false]);
    await plain.save(login({ lastRefresh: "2026-05-01T00:00:00.000Z" }));
    expect([await store.load(), store.isMisplaced]).toEqual([login(), true]);
  });

  it("says that the login is sealed instead of `signed out` when the keyring is away", async () => {
    const { store, dataDir } = await arrange(away);
    await expect(store.load()).rejects.toMatchObject({
      code: "storage_failed",
      message: expect.stringContaining("sealed with a key that the system keyring does not give"),
    });
    await store.save(newer);
    expect([await store.load(), await readdir(dataDir)]).toEqual([newer, ["auth.json"]]);
  });

  it("leaves nothing sealed behind at logout", async () => {
    const { store, dataDir, entries } = await arrange();
    expect([await store.clear(), await readdir(dataDir), entries.size]).toEqual([true, [], 0]);
  });
});
