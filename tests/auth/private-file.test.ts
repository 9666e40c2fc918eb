import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createPrivateFile } from "../../src/auth/private-file.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

// Windows has neither modes nor links without a privilege; there is nothing to check there.
const isWindows = process.platform === "win32";

async function arrange(platform: NodeJS.Platform = "linux") {
  const folder = await makeTempFolder();
  const path = join(folder, "auth.json");
  const notices: string[] = [];
  const file = createPrivateFile({ path, platform, onNotice: (text) => notices.push(text) });
  return { folder, path, file, notices };
}

describe("a private file", () => {
  it("is undefined until it is written", async () => {
    const { file } = await arrange();
    expect([await file.read(), await file.remove()]).toEqual([undefined, false]);
  });

  it("takes with it what a killed process had begun to write, and nothing else", async () => {
    const { file, folder, path } = await arrange();
    await file.write("text");
    for (const name of ["auth.json.2893741.unfinished", "auth.json.damaged-1", "auth.jsonl.7"]) {
      await writeFile(join(folder, name), "half a login");
    }
    expect(await file.remove()).toBe(true);
    await writeFile(`${path}.1.unfinished`, "half a login");
    expect(await file.remove()).toBe(false);
    expect((await readdir(folder)).sort()).toEqual(["auth.json.damaged-1", "auth.jsonl.7"]);
  });

  it.skipIf(isWindows)("is written for the owner alone", async () => {
    const { file, path } = await arrange();
    await file.write("text");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.skipIf(isWindows)("T36 that others can read is closed to them, and that is told", async () => {
    const { file, path, notices } = await arrange();
    await writeFile(path, "text");
    await chmod(path, 0o644);
    expect(await file.read()).toBe("text");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(notices).toEqual([`\`${path}\` was readable by other users; its mode is now 0600.`]);
  });

  it("keeps its mode on Windows, which does not enforce it", async () => {
    const { file, path, notices } = await arrange("win32");
    await writeFile(path, "text");
    expect([await file.read(), notices]).toEqual(["text", []]);
  });

  it.skipIf(isWindows)("T36 that is a link is neither read nor written", async () => {
    const { file, folder, path } = await arrange();
    const elsewhere = join(folder, "elsewhere");
    await writeFile(elsewhere, "theirs");
    await symlink(elsewhere, path);
    const refused = {
      code: "storage_failed",
      message: expect.stringContaining("is a symbolic link"),
      details: { hint: "airelays login" },
    };
    await expect(file.read()).rejects.toMatchObject(refused);
    await expect(file.write("ours")).rejects.toMatchObject(refused);
    expect(await readFile(elsewhere, "utf8")).toBe("theirs");
  });

  it("that is a folder is an error that names it", async () => {
    const { file, path } = await arrange();
    await mkdir(path);
    const named = { code: "storage_failed", message: expect.stringContaining(`\`${path}\``) };
    await expect(file.read()).rejects.toMatchObject(named);
    await expect(file.write("x")).rejects.toMatchObject(named);
    await expect(file.remove()).rejects.toMatchObject(named);
  });
});
