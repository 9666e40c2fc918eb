import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Keyring } from "../../src/auth/keyring-store.ts";
import { createSealedStore } from "../../src/auth/sealed-store.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";
import { createFakeKeyring, createMemoryKeyring } from "./fake-keyring.ts";
import { login } from "./tokens.ts";

const openSealed = (dataDir: string, keyring: Keyring) =>
  createSealedStore({ dataDir, keyring, platform: "linux", onNotice: expect.unreachable });

const unavailable = () => Promise.reject(new Error("no keyring"));
const away: Keyring = { get: unavailable, set: unavailable, delete: unavailable };

describe("a sealed login", () => {
  it("goes through the real child process and back", async () => {
    const dataDir = await makeTempFolder();
    const keyring = await createFakeKeyring(dataDir);
    await openSealed(dataDir, keyring).save(login());
    expect(await openSealed(dataDir, keyring).load()).toEqual(login());
  });

  it("T61 leaves no token in the file and no login in the keyring", async () => {
    const dataDir = await makeTempFolder();
    const entries = new Map<string, string>();
    await openSealed(dataDir, createMemoryKeyring(entries)).save(login());
    const text = await readFile(join(dataDir, "auth.sealed"), "utf8");
    expect(text).not.toMatch(/refresh-1|account-1|eyJ/);
    expect([...entries.values()].map((key) => Buffer.from(key, "base64").length)).toEqual([32]);
    expect([...entries.keys()]).toEqual([
      expect.stringMatching(/^AIRelays Auth\/key\|[0-9a-f]{16}$/),
    ]);
  });

  it("asks the keyring once, however often the login rotates", async () => {
    const dataDir = await makeTempFolder();
    const memory = createMemoryKeyring();
    await openSealed(dataDir, memory).save(login());
    const asked: string[] = [];
    const store = openSealed(dataDir, {
      ...memory,
      get: (service, account) => {
        asked.push(account);
        return memory.get(service, account);
      },
    });
    await store.load();
    await store.save(login({ refreshToken: "refresh-2" }));
    await store.load();
    expect(asked).toHaveLength(1);
  });

  it("writes different bytes for the same login", async () => {
    const dataDir = await makeTempFolder();
    const store = openSealed(dataDir, createMemoryKeyring());
    await store.save(login());
    const first = await readFile(store.path, "utf8");
    await store.save(login());
    expect(await readFile(store.path, "utf8")).not.toBe(first);
  });

  it("stays readable when its folder moves", async () => {
    const folder = await makeTempFolder();
    const keyring = createMemoryKeyring();
    await openSealed(join(folder, "before"), keyring).save(login());
    await rename(join(folder, "before"), join(folder, "after"));
    expect(await openSealed(join(folder, "after"), keyring).load()).toEqual(login());
  });

  it("without its key is locked, which is not the same as signed out", async () => {
    const dataDir = await makeTempFolder();
    await openSealed(dataDir, createMemoryKeyring()).save(login());
    const store = openSealed(dataDir, createMemoryKeyring());
    await expect(store.load()).rejects.toMatchObject({
      code: "storage_failed",
      message: expect.stringMatching(/^The system keyring is locked, or no longer holds the key/),
    });
    expect((await stat(store.path)).isFile()).toBe(true);
  });

  it("that somebody changed is damaged, not another login", async () => {
    const dataDir = await makeTempFolder();
    const keyring = createMemoryKeyring();
    const store = openSealed(dataDir, keyring);
    await store.save(login());
    const box = JSON.parse(await readFile(store.path, "utf8"));
    const bytes = Buffer.from(box.sealed, "base64");
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    await writeFile(store.path, JSON.stringify({ ...box, sealed: bytes.toString("base64") }));
    await expect(openSealed(dataDir, keyring).load()).rejects.toMatchObject({
      message: expect.stringContaining("does not hold a sign-in that can be read"),
    });
  });

  it.each(["", "{}", '{"version":1}', "not json"])("of the text %j is damaged", async (text) => {
    const dataDir = await makeTempFolder();
    const store = openSealed(dataDir, createMemoryKeyring());
    await writeFile(store.path, text, { mode: 0o600 });
    await expect(store.load()).rejects.toMatchObject({
      message: expect.stringContaining("does not hold a sign-in that can be read"),
    });
  });

  it("is not written when the keyring forgets the key at once", async () => {
    const dataDir = await makeTempFolder();
    const store = openSealed(dataDir, { ...createMemoryKeyring(), get: async () => undefined });
    await expect(store.save(login())).rejects.toMatchObject({
      message: expect.stringContaining("did not keep the key"),
    });
    expect(await store.revision()).toBe("none");
  });

  it("can be cleared while the keyring is away", async () => {
    const dataDir = await makeTempFolder();
    await openSealed(dataDir, createMemoryKeyring()).save(login());
    const store = openSealed(dataDir, away);
    expect([await store.clear(), await store.load()]).toEqual([true, undefined]);
  });
});
