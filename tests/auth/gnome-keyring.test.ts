/**
 * The keyring that most Linux desktops have, for real: unlocked, locked, never made, absent, silent.
 * Whatever it does, a stored login is never taken for "signed out", and no call hangs or crashes us.
 */
import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createEarlierEntries } from "../../src/auth/earlier-entries.ts";
import { createKeyring } from "../../src/auth/keyring-store.ts";
import { folderMark } from "../../src/auth/sealed-store.ts";
import { openStore, type StorageMode } from "../../src/auth/store.ts";
import { formatLogin } from "../../src/auth/stored-login.ts";
import { makeHome, runCommand } from "../helpers/test-io.ts";
import {
  type Env,
  missingForGnomeKeyring,
  startGnomeSession,
  stopKeyring,
} from "./gnome-session.ts";
import { login } from "./tokens.ts";

const missing = missingForGnomeKeyring();
const why = missing.length === 0 ? "" : `, skipped: this machine lacks ${missing.join(", ")}`;
const password = "the person's";
const newer = login({ refreshToken: "refresh-2", lastRefresh: "2026-06-02T00:00:00.000Z" });

function openAt(dataDir: string, env: Env, mode: StorageMode, timeoutMs = 10_000) {
  const notices: string[] = [];
  const keyring = createKeyring({ env, timeoutMs });
  const store = openStore({
    mode,
    dataDir,
    platform: "linux",
    keyring,
    earlier: createEarlierEntries({ keyring, env, platform: "linux" }),
    onNotice: (text) => notices.push(text),
  });
  return { store, notices };
}

const isAway = (reason: string) => ({
  code: "storage_failed",
  message: expect.stringMatching(new RegExp(`^The system keyring is not available: .*${reason}`)),
});
const isLocked = {
  code: "storage_failed",
  message: expect.stringContaining("The system keyring is locked"),
};

describe.skipIf(missing.length > 0)(`gnome-keyring${why}`, () => {
  it("unlocked keeps the key, and the file no token", async () => {
    const { env, startKeyring } = await startGnomeSession();
    await startKeyring(password);
    const keyring = createKeyring({ env });
    expect(await keyring.get("airelays test", "nobody")).toBeUndefined();
    expect(await keyring.delete("airelays test", "nobody")).toBe(false);

    const dataDir = await makeHome();
    await openAt(dataDir, env, "keyring").store.save(login());
    expect(await openAt(dataDir, env, "keyring").store.load()).toEqual(login());
    expect(await readdir(dataDir)).toEqual(["auth.sealed"]);
    const sealed = await readFile(join(dataDir, "auth.sealed"), "utf8");
    const { accessToken = "", refreshToken = "" } = login();
    for (const token of [accessToken, refreshToken]) {
      expect(sealed).not.toContain(token);
      expect(sealed).not.toContain(Buffer.from(token).toString("base64").slice(0, -4));
    }
    expect(await openAt(dataDir, env, "keyring").store.clear()).toBe(true);
    const account = `key|${await folderMark(dataDir)}`;
    expect(await keyring.get("AIRelays Auth", account)).toBeUndefined();
  });

  it("locked is told apart from signed out, and opens again with the login in it", async () => {
    const { env, startKeyring } = await startGnomeSession();
    const dataDir = await makeHome();
    const unlocked = await startKeyring(password);
    await openAt(dataDir, env, "keyring").store.save(login());
    await stopKeyring(unlocked);
    const locked = await startKeyring();

    await expect(openAt(dataDir, env, "keyring").store.load()).rejects.toMatchObject(isLocked);
    await expect(openAt(dataDir, env, "auto").store.load()).rejects.toMatchObject(isLocked);
    await expect(openAt(dataDir, env, "keyring").store.save(newer)).rejects.toMatchObject(
      isAway("locked"),
    );
    await stopKeyring(locked);

    await startKeyring(password);
    expect(await openAt(dataDir, env, "keyring").store.load()).toEqual(login());
  });

  it("locked at a new sign-in leaves a file that is readable by the person, and is moved later", async () => {
    const { env, startKeyring } = await startGnomeSession();
    const dataDir = await makeHome();
    const unlocked = await startKeyring(password);
    await openAt(dataDir, env, "auto").store.save(login());
    await stopKeyring(unlocked);
    const locked = await startKeyring();
    const { store, notices } = openAt(dataDir, env, "auto");
    await store.save(newer);
    expect(notices).toEqual([expect.stringMatching(/locked.* The sign-in is kept in `/)]);
    expect(await readdir(dataDir)).toEqual(["auth.json"]);
    await stopKeyring(locked);

    await startKeyring(password);
    const moved = openAt(dataDir, env, "auto").store;
    expect(await moved.load()).toEqual(newer);
    await moved.save(newer);
    expect(await readdir(dataDir)).toEqual(["auth.sealed"]);
  });

  it("locked is what `status` says", async () => {
    const { env, startKeyring } = await startGnomeSession();
    const home = await makeHome();
    const unlocked = await startKeyring(password);
    await openAt(join(home, ".airelays"), env, "keyring").store.save(login());
    await stopKeyring(unlocked);
    await startKeyring();
    const settings = { ...env, AIRELAYS_AUTH_STORAGE: "keyring" };
    const result = await runCommand(["status"], { home, env: settings });
    expect(result.stdout + result.stderr).toContain("The system keyring is locked");
  });

  it("that was never made refuses to keep anything", async () => {
    const { env, startKeyring } = await startGnomeSession();
    await startKeyring();
    const dataDir = await makeHome();
    const { store } = openAt(dataDir, env, "keyring");
    expect(await store.load()).toBeUndefined();
    await expect(store.save(login())).rejects.toMatchObject(isAway(""));
    expect(await readdir(dataDir)).toEqual([]);
  });

  it("that stopped answering is given up on, and serves again when it answers", async () => {
    const { env, startKeyring } = await startGnomeSession();
    const daemon = await startKeyring(password);
    const dataDir = await makeHome();
    await openAt(dataDir, env, "keyring").store.save(login());
    daemon.kill("SIGSTOP");
    const { store } = openAt(dataDir, env, "keyring", 1000);
    await expect(store.load()).rejects.toMatchObject(isAway("no answer within 1 s"));
    const auto = openAt(dataDir, env, "auto", 1000);
    await expect(auto.store.load()).rejects.toMatchObject(isAway("no answer within 1 s"));
    daemon.kill("SIGCONT");
    expect(await openAt(dataDir, env, "keyring").store.load()).toEqual(login());
  });

  it.each<[what: string, change: (env: Env) => Env]>([
    ["a bus without one", (env) => env],
    ["a bus that is gone", (env) => ({ ...env, DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" })],
    ["no bus", ({ DBUS_SESSION_BUS_ADDRESS: _, ...env }) => env],
  ])("absent, %s, is told apart from signed out", async (_, change) => {
    const { env, startKeyring } = await startGnomeSession();
    const dataDir = await makeHome();
    const daemon = await startKeyring(password);
    await openAt(dataDir, env, "keyring").store.save(login());
    await stopKeyring(daemon);

    const without = change(env);
    for (const mode of ["keyring", "auto"] as const) {
      const { store } = openAt(dataDir, without, mode);
      await expect(store.load()).rejects.toMatchObject(isAway(""));
    }
    const { store, notices } = openAt(dataDir, without, "auto");
    await store.save(newer);
    expect(notices).toHaveLength(1);
    expect(await openAt(dataDir, without, "auto").store.load()).toEqual(newer);
  });
});

describe.skipIf(missing.length > 0)(`a login of the Python AIRelays in gnome-keyring${why}`, () => {
  /** As Python's `keyring` writes it; seen with 23.9.3. */
  async function arrange() {
    const { env, startKeyring } = await startGnomeSession();
    await startKeyring(password);
    const dataDir = await makeHome();
    const account = `cli|${await folderMark(dataDir)}`;
    const names = ["service", "AIRelays Auth", "username", account];
    const more = ["application", "Python keyring library"];
    const schema = ["xdg:schema", "org.freedesktop.Secret.Generic"];
    execFileSync("secret-tool", ["store", "--label", "a login", ...names, ...more, ...schema], {
      env,
      input: formatLogin(login()),
    });
    const isThere = () => {
      try {
        return execFileSync("secret-tool", ["lookup", ...names], { env }).length > 0;
      } catch {
        // It ends with 1 when there is no such entry.
        return false;
      }
    };
    expect(isThere()).toBe(true);
    return { env, dataDir, isThere };
  }

  it.each(["auto", "keyring"] as const)("is taken over in `%s` mode", async (mode) => {
    const { env, dataDir, isThere } = await arrange();
    const { store } = openAt(dataDir, env, mode);
    expect(await store.load()).toEqual(login());
    await store.save(login());
    expect([await readdir(dataDir), isThere()]).toEqual([["auth.sealed"], false]);
    expect(await openAt(dataDir, env, mode).store.load()).toEqual(login());
  });

  it("is deleted at a sign-out", async () => {
    const { env, dataDir, isThere } = await arrange();
    expect(await openAt(dataDir, env, "auto").store.clear()).toBe(true);
    expect(isThere()).toBe(false);
  });

  it("is out of reach where `secret-tool` is not installed", async () => {
    const { env, dataDir, isThere } = await arrange();
    const without = { ...env, PATH: "/nowhere" };
    expect(await openAt(dataDir, without, "auto").store.load()).toBeUndefined();
    expect(isThere()).toBe(true);
  });
});
