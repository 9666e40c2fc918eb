/** With a script in place of libsecret's program; `gnome-keyring.test.ts` has the real one. */
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createEarlierEntries } from "../../src/auth/earlier-entries.ts";
import { makeHome } from "../helpers/test-io.ts";
import { createMemoryKeyring } from "./fake-keyring.ts";

const isWindows = process.platform === "win32";

async function arrange(script: string | undefined, platform: NodeJS.Platform = "linux") {
  const folder = await makeHome();
  if (script !== undefined) {
    const path = join(folder, "secret-tool");
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
  }
  const held = new Map<string, string>();
  const env = { PATH: folder };
  const keyring = createMemoryKeyring(held);
  const entries = createEarlierEntries({ keyring, env, platform, timeoutMs: 1000 });
  return { entries, held };
}

describe.skipIf(isWindows)("entries of the Python AIRelays", () => {
  it("are asked for by the names that Python's library gives them", async () => {
    const { entries } = await arrange('echo "$@"');
    expect(await entries.get("AIRelays Auth", "cli|1")).toBe(
      "lookup service AIRelays Auth username cli|1\n",
    );
  });

  it("are looked for in the keyring itself first", async () => {
    const { entries, held } = await arrange("exit 3");
    held.set("s/a", "the login");
    expect(await entries.get("s", "a")).toBe("the login");
    expect([await entries.delete("s", "a"), held.size]).toEqual([true, 0]);
  });

  it.each([
    ["the program finds none", "exit 1"],
    ["the program is not installed", undefined],
    ["it prints nothing", "true"],
  ])("are not there when %s", async (_, script) => {
    const { entries } = await arrange(script);
    expect(await entries.get("s", "a")).toBeUndefined();
  });

  it("are deleted where the program deletes one", async () => {
    const [some, none] = [await arrange("true"), await arrange("exit 1")];
    expect([await some.entries.delete("s", "a"), await none.entries.delete("s", "a")]).toEqual([
      true,
      false,
    ]);
  });

  it("do not hold up a sign-in when the program does not answer", async () => {
    const { entries } = await arrange("while :; do :; done");
    await expect(entries.get("s", "a")).rejects.toMatchObject({ code: "storage_failed" });
  });

  it("are the keyring's own on other systems", async () => {
    const { entries } = await arrange('echo "never asked"', "darwin");
    expect(await entries.get("s", "a")).toBeUndefined();
  });
});
