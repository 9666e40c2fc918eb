import { readdir } from "node:fs/promises";
import { expect, it } from "vitest";
import { openStore, type StorageMode } from "../../src/auth/store.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";
import { createMemoryKeyring } from "./fake-keyring.ts";
import { describeStore } from "./store.conformance.ts";
import { login } from "./tokens.ts";

const open = (mode: StorageMode) => async () => {
  const dataDir = await makeTempFolder();
  const keyring = createMemoryKeyring();
  const make = () =>
    openStore({ mode, dataDir, platform: "linux", keyring, onNotice: expect.unreachable });
  return { one: make(), other: make() };
};

describeStore("file", open("file"));
describeStore("keyring", open("keyring"));
describeStore("auto with a keyring", open("auto"));
describeStore("auto without a keyring", async () => {
  const dataDir = await makeTempFolder();
  const broken = () => Promise.reject(new Error("no keyring here"));
  const keyring = { get: broken, set: broken, delete: broken };
  const make = () =>
    openStore({ mode: "auto", dataDir, platform: "linux", keyring, onNotice: () => {} });
  return { one: make(), other: make() };
});

it.each([
  ["file", "auth.json"],
  ["keyring", "auth.sealed"],
  ["auto", "auth.sealed"],
] as const)("mode `%s` leaves exactly `%s` on disk", async (mode, name) => {
  const dataDir = await makeTempFolder();
  const keyring = createMemoryKeyring();
  const store = openStore({
    mode,
    dataDir,
    platform: "linux",
    keyring,
    onNotice: expect.unreachable,
  });
  await store.save(login());
  expect(await readdir(dataDir)).toEqual([name]);
});
