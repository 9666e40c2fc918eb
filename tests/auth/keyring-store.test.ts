import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createKeyring } from "../../src/auth/keyring-store.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";
import { createFakeKeyring } from "./fake-keyring.ts";

describe("the keyring in its child process", () => {
  it("keeps, gives back and deletes an entry", async () => {
    const keyring = await createFakeKeyring(await makeTempFolder());
    await keyring.set("service", "account", "secret");
    expect([
      await keyring.get("service", "account"),
      await keyring.delete("service", "account"),
      await keyring.delete("service", "account"),
      await keyring.get("service", "account"),
    ]).toEqual(["secret", true, false, undefined]);
  });

  it("T27 passes no secret through the arguments of the child", async () => {
    const folder = await makeTempFolder();
    const record = JSON.stringify(join(folder, "argv.json"));
    const keyring = await createFakeKeyring(
      folder,
      `fs.writeFileSync(${record}, JSON.stringify([process.argv, process.execArgv]));`,
    );
    await keyring.set("service", "account", "top-secret");
    const seen = await readFile(join(folder, "argv.json"), "utf8");
    expect(seen).not.toContain("top-secret");
    expect(seen).toContain("-e");
  });

  it("says why the keyring failed", async () => {
    const folder = await makeTempFolder();
    const keyring = await createFakeKeyring(folder, `throw new Error("locked collection\\nmore");`);
    await expect(keyring.get("service", "account")).rejects.toMatchObject({
      code: "storage_failed",
      message:
        'The system keyring is not available: locked collection. Unlock or install it, or set `auth.storage = "file"`.',
    });
  });

  it("gives up on a keyring that does not answer", async () => {
    const folder = await makeTempFolder();
    const keyring = await createFakeKeyring(
      folder,
      "setInterval(() => {}, 1000); await new Promise(() => {});",
      300,
    );
    await expect(keyring.get("service", "account")).rejects.toMatchObject({
      message: expect.stringContaining("no answer within 0.3 s"),
    });
  });

  it("gives up on a keyring that holds up the whole process", async () => {
    const folder = await makeTempFolder();
    const keyring = await createFakeKeyring(
      folder,
      // With a handler that never gets to run, only SIGKILL ends it: as in blocked native code.
      'process.on("SIGTERM", () => {}); for (;;);',
      300,
    );
    await expect(keyring.get("service", "account")).rejects.toMatchObject({
      message: expect.stringContaining("no answer within 0.3 s"),
    });
  });

  it("gives up on a keyring whose helper outlives it and holds the pipe", async () => {
    const keyring = await createFakeKeyring(
      await makeTempFolder(),
      `require("node:child_process").spawn(process.execPath, ["-e", "setTimeout(() => {}, 30_000)"], { stdio: "inherit" });
       await new Promise(() => {});`,
      300,
    );
    await expect(keyring.get("service", "account")).rejects.toMatchObject({
      message: expect.stringContaining("no answer within 0.3 s"),
    });
  });

  it("survives a crash of the native code", async () => {
    const keyring = await createFakeKeyring(await makeTempFolder(), "process.abort();");
    await expect(keyring.get("service", "account")).rejects.toMatchObject({
      message: expect.stringContaining("ended without an answer"),
    });
  });

  it("bounds what it reads", async () => {
    const keyring = await createFakeKeyring(
      await makeTempFolder(),
      `return "x".repeat(2_000_000);`,
    );
    await expect(keyring.get("service", "account")).rejects.toMatchObject({
      message: expect.stringContaining("the answer is too long"),
    });
  });

  it("finds the installed keytar and survives a machine without a keyring", async () => {
    const answer = await createKeyring({ env: {} })
      .get("airelays test", "nobody")
      .catch((error: unknown) => error);
    // A machine with a keyring has no such entry; one without says why.
    if (answer !== undefined) expect(answer).toMatchObject({ code: "storage_failed" });
  });
});
