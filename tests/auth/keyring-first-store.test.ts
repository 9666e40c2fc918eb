import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFileStore } from "../../src/auth/file-store.ts";
import type { Keyring } from "../../src/auth/keyring-store.ts";
import { folderMark } from "../../src/auth/sealed-store.ts";
import { openStore, type StorageMode } from "../../src/auth/store.ts";
import { formatLogin } from "../../src/auth/stored-login.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";
import { createMemoryKeyring } from "./fake-keyring.ts";
import { login } from "./tokens.ts";

const failing = () => Promise.reject(new Error("no keyring"));
const away: Keyring = { get: failing, set: failing, delete: failing };

async function arrange(mode: StorageMode, keyring: Keyring, folder?: string) {
  const dataDir = folder ?? (await makeTempFolder());
  const notices: string[] = [];
  const onNotice = (text: string) => notices.push(text);
  const store = openStore({ mode, dataDir, platform: "linux", keyring, onNotice });
  const plain = createFileStore({ dataDir, platform: "linux", onNotice });
  return { dataDir, store, plain, notices };
}

const newer = login({ refreshToken: "refresh-2", lastRefresh: "2026-06-02T00:00:00.000Z" });

describe("keyring mode", () => {
  it("never falls back to a plain file", async () => {
    const { store, dataDir, notices } = await arrange("keyring", away);
    await expect(store.save(login())).rejects.toThrow();
    expect([await readdir(dataDir), notices]).toEqual([[], []]);
  });

  it("says that the keyring is away instead of `signed out`", async () => {
    const { store } = await arrange("keyring", away);
    await expect(store.load()).rejects.toThrow();
  });

  it("seals the plain file of another mode at a save and leaves no plain token", async () => {
    const { store, plain, dataDir } = await arrange("keyring", createMemoryKeyring());
    await plain.save(login());
    expect([await store.load(), store.isMisplaced]).toEqual([login(), true]);
    expect(store.path).toBe(plain.path);
    // Loading changes nothing: another process may be refreshing this very login.
    expect(await readdir(dataDir)).toEqual(["auth.json"]);
    await store.save(login());
    expect(await readdir(dataDir)).toEqual(["auth.sealed"]);
    expect([await store.load(), store.isMisplaced]).toEqual([login(), false]);
    expect(store.path).toBe(join(dataDir, "auth.sealed"));
  });
});

describe("auto mode", () => {
  it("falls back to the plain file and says so once", async () => {
    const { store, dataDir, notices } = await arrange("auto", away);
    await store.save(login());
    await store.save(newer);
    expect(await store.load()).toEqual(newer);
    expect(await readdir(dataDir)).toEqual(["auth.json"]);
    expect(notices).toEqual([
      expect.stringContaining(`The sign-in is kept in \`${join(dataDir, "auth.json")}\``),
    ]);
    expect([store.path, store.keyringService]).toEqual([join(dataDir, "auth.json"), undefined]);
  });

  it("says nothing of a keyring while nothing is stored, and waits for it once", async () => {
    let calls = 0;
    const get = () => {
      calls += 1;
      return failing();
    };
    const { store, notices } = await arrange("auto", { ...away, get });
    expect([await store.load(), notices, calls]).toEqual([undefined, [], 1]);
  });

  it("moves the plain file into the keyring's care when there is one", async () => {
    const before = await arrange("auto", away);
    await before.store.save(login());
    const { store, dataDir } = await arrange("auto", createMemoryKeyring(), before.dataDir);
    expect([await store.load(), store.isMisplaced]).toEqual([login(), true]);
    await store.save(newer);
    expect([await readdir(dataDir), await store.load()]).toEqual([["auth.sealed"], newer]);
    expect(store.keyringService).toBe("AIRelays Auth");
  });

  it("asks a keyring that failed no second time", async () => {
    let calls = 0;
    const count = () => {
      calls += 1;
      return failing();
    };
    const { store } = await arrange("auto", { get: count, set: count, delete: count });
    await store.save(login());
    const afterFirst = calls;
    await store.save(newer);
    await store.load();
    expect(calls).toBe(afterFirst);
  });

  it("reports a locked keyring when only the sealed login is there", async () => {
    const before = await arrange("auto", createMemoryKeyring());
    await before.store.save(login());
    const { store } = await arrange("auto", createMemoryKeyring(), before.dataDir);
    await expect(store.load()).rejects.toMatchObject({
      message: expect.stringContaining("keyring is locked"),
    });
  });

  it("replaces the sealed login that it cannot open when the person signs in again", async () => {
    const keyring = createMemoryKeyring();
    const before = await arrange("auto", keyring);
    await before.store.save(login());
    const during = await arrange("auto", away, before.dataDir);
    await during.store.save(newer);
    expect(await readdir(before.dataDir)).toEqual(["auth.json"]);
    const after = await arrange("auto", keyring, before.dataDir);
    expect(await after.store.load()).toEqual(newer);
  });

  it("takes the newer login when a crash left both, and removes the other at the next save", async () => {
    const { store, plain, dataDir } = await arrange("auto", createMemoryKeyring());
    await store.save(newer);
    await plain.save(login());
    expect([await store.load(), store.isMisplaced]).toEqual([newer, true]);
    await store.save(login());
    expect(await readdir(dataDir)).toEqual(["auth.sealed"]);
    await plain.save(newer);
    expect([await store.load(), store.isMisplaced]).toEqual([newer, true]);
  });

  it("leaves a file with only an API key where it is", async () => {
    const { store, dataDir } = await arrange("auto", createMemoryKeyring());
    await writeFile(join(dataDir, "auth.json"), '{"OPENAI_API_KEY":"sk-old"}', { mode: 0o600 });
    expect((await store.load())?.extra).toEqual({ OPENAI_API_KEY: "sk-old" });
    expect(await readdir(dataDir)).toEqual(["auth.json"]);
  });
});

describe("a login that an older version kept in the keyring", () => {
  it.each(["AIRelays Auth", "AIRelay Auth"])(
    "under `%s` is moved at the next save",
    async (service) => {
      const entries = new Map<string, string>();
      const { store, dataDir, notices } = await arrange("auto", createMemoryKeyring(entries));
      const entry = `${service}/cli|${await folderMark(dataDir)}`;
      entries.set(entry, formatLogin(login()));
      expect([await store.load(), store.isMisplaced, entries.has(entry)]).toEqual([
        login(),
        true,
        true,
      ]);
      await store.save(login());
      expect([entries.has(entry), await readdir(dataDir), notices]).toEqual([
        false,
        ["auth.sealed"],
        [],
      ]);
      expect(await store.load()).toEqual(login());
    },
  );

  it("stays in the keyring when it cannot be moved", async () => {
    const entries = new Map<string, string>();
    const memory = createMemoryKeyring(entries);
    const { store, dataDir } = await arrange("auto", { ...memory, set: failing });
    const entry = `AIRelays Auth/cli|${await folderMark(dataDir)}`;
    entries.set(entry, formatLogin(login()));
    expect(await store.load()).toEqual(login());
    await store.save(login());
    expect([entries.has(entry), await readdir(dataDir)]).toEqual([true, ["auth.json"]]);
  });

  it("is forgotten at logout too", async () => {
    const entries = new Map<string, string>();
    const { store, dataDir } = await arrange("auto", createMemoryKeyring(entries));
    entries.set(`AIRelay Auth/cli|${await folderMark(dataDir)}`, formatLogin(login()));
    expect([await store.clear(), await store.load(), entries.size]).toEqual([true, undefined, 0]);
  });

  it("asks a keyring that does not answer once: each question takes seconds", async () => {
    let asked = 0;
    const silent: Keyring = {
      ...away,
      delete: () => {
        asked += 1;
        return failing();
      },
    };
    const { store, plain } = await arrange("auto", silent);
    await plain.save(login());
    expect([await store.clear(), await plain.load(), asked]).toEqual([true, undefined, 1]);
  });
});
