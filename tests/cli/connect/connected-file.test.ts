import {
  chmod,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type ConnectedFile,
  connectionState,
  undoConnection,
  writeConnection,
} from "../../../src/cli/connect/connected-file.ts";
import type { Edit } from "../../../src/cli/connect/edits.ts";
import { toml } from "../../../src/cli/connect/formats/toml.ts";
import { makeTempFolder } from "../../helpers/temp-folder.ts";

const mine = '# mine\r\nmodel = "o3"\r\n\r\n[tui]\r\ntheme = "dark"\r\n';
const edits: readonly Edit[] = [
  { path: ["model"], value: "gpt-5.5" },
  { path: ["model_providers", "airelays"], value: { key: "secret-of-the-relay" } },
];
const isWindows = process.platform === "win32";

async function makeFile(text: string | undefined, mode = 0o644) {
  const folder = await makeTempFolder();
  const path = join(folder, "tool", "config.toml");
  const file: ConnectedFile = { tool: "tool", path, format: toml, dataDir: join(folder, "data") };
  if (text !== undefined) {
    await mkdir(dirname(path));
    await writeFile(path, text);
    await chmod(path, mode);
  }
  const read = (): Promise<string> => readFile(path, "utf8");
  const names = (): Promise<string[]> => readdir(dirname(path));
  const modeNow = async (): Promise<number> => (await stat(path)).mode & 0o777;
  return { file, path, read, names, modeNow };
}

describe("a file that is written", () => {
  it("keeps everything else, has a backup beside it, and comes back byte by byte", async () => {
    for (const text of [mine, `\uFEFF${mine}`, mine.replaceAll("\r\n", "\n"), ""]) {
      const { file, path, read, names, modeNow } = await makeFile(text, 0o640);
      const backup = `${path}.before-airelays`;
      expect(await writeConnection(file, edits, false)).toEqual({ outcome: "changed", backup });
      expect(await readFile(backup, "utf8")).toBe(text);
      const changed = await read();
      expect(toml.parse(changed.replace("\uFEFF", ""))).toMatchObject({
        model: "gpt-5.5",
        model_providers: { airelays: { key: "secret-of-the-relay" } },
      });
      if (text !== "") expect(changed).toContain("# mine");
      if (!isWindows) expect(await modeNow()).toBe(0o640);
      expect(await connectionState(file)).toBe("connected");

      expect(await undoConnection(file)).toEqual({
        outcome: "restored",
        path,
        kept: [],
        backup: undefined,
      });
      expect(await read()).toBe(text);
      expect(await names()).toEqual(["config.toml"]);
      if (!isWindows) expect(await modeNow()).toBe(0o640);
      expect(await connectionState(file)).toBe("not connected");
    }
  });

  it("is made with its folder where there is none, for its owner alone, and goes again", async () => {
    const { file, path, names, modeNow } = await makeFile(undefined);
    expect(await writeConnection(file, edits, true)).toEqual({ outcome: "created" });
    if (!isWindows) expect(await modeNow()).toBe(0o600);
    expect(await undoConnection(file)).toMatchObject({ outcome: "removed", path });
    expect(await names()).toEqual([]);
  });

  it.skipIf(isWindows)(
    "with a secret in it is its owner's alone, until it is taken out",
    async () => {
      const { file, modeNow } = await makeFile(mine, 0o644);
      await writeConnection(file, edits, true);
      expect(await modeNow()).toBe(0o600);
      await undoConnection(file);
      expect(await modeNow()).toBe(0o644);
    },
  );

  it("remembers no value, because it may be a secret", async () => {
    const { file } = await makeFile(mine);
    await writeConnection(file, edits, true);
    const record = await readFile(join(file.dataDir, "connect", "tool.json"), "utf8");
    expect(record).not.toContain("secret-of-the-relay");
  });

  it("is left alone when it says so already, and follows a new address", async () => {
    const { file, path, read } = await makeFile(mine);
    await writeConnection(file, edits, false);
    expect(await writeConnection(file, edits, false)).toEqual({ outcome: "unchanged" });
    const other = [edits[0], { path: ["model_providers", "airelays"], value: { key: "new" } }];
    expect(await writeConnection(file, other as Edit[], false)).toMatchObject({
      outcome: "changed",
    });
    expect(await read()).not.toContain("secret-of-the-relay");
    expect(await readFile(`${path}.before-airelays`, "utf8")).toBe(mine);
    await undoConnection(file);
    expect(await read()).toBe(mine);
  });

  it.skipIf(isWindows)("stays a link into the folder of dotfiles", async () => {
    const { file, path, read } = await makeFile(undefined);
    const dotfile = join(file.dataDir, "..", "dotfiles.toml");
    await mkdir(dirname(path));
    await writeFile(dotfile, mine);
    await symlink(dotfile, path);
    await writeConnection(file, edits, false);
    expect(await readlink(path)).toBe(dotfile);
    expect(await readFile(dotfile, "utf8")).toContain("gpt-5.5");
    await undoConnection(file);
    expect(await readlink(path)).toBe(dotfile);
    expect(await read()).toBe(mine);
  });
});

describe("a file that was changed since", () => {
  it("loses only what was ours, also over a second write", async () => {
    const { file, path, read } = await makeFile(mine);
    await writeConnection(file, edits, false);
    await writeFile(path, `${await read()}\r\n[later]\r\nmine = true\r\n`);
    expect(await connectionState(file)).toBe("changed since");
    await writeConnection(file, [{ path: ["model"], value: "gpt-6" }], false);
    expect(await read()).not.toContain("secret-of-the-relay");

    await writeFile(path, `${await read()}last = 1\r\n`);
    expect(await undoConnection(file)).toEqual({
      outcome: "cleaned",
      path,
      kept: [],
      backup: `${path}.before-airelays`,
    });
    expect(toml.parse(await read())).toEqual({
      model: "o3",
      tui: { theme: "dark" },
      later: { mine: true, last: 1 },
    });
    expect(await read()).toContain("# mine\r\n");
  });

  it("keeps a value of ours that somebody changed, and names it", async () => {
    const { file, path, read } = await makeFile(mine);
    await writeConnection(file, edits, false);
    await writeFile(path, (await read()).replace("gpt-5.5", "theirs"));
    expect(await undoConnection(file)).toMatchObject({ outcome: "cleaned", kept: ["model"] });
    expect(toml.parse(await read())).toEqual({ model: "theirs", tui: { theme: "dark" } });
  });

  it("goes when nothing but ours was ever in it", async () => {
    const { file, path, read, names } = await makeFile(undefined);
    await writeConnection(file, edits, false);
    await writeFile(path, `\n\n${await read()}\n`);
    expect(await undoConnection(file)).toMatchObject({ outcome: "removed" });
    expect(await names()).toEqual([]);
  });

  it("may be gone: then there is nothing to take out", async () => {
    const { file, path, names } = await makeFile(mine);
    await writeConnection(file, edits, false);
    const { rm } = await import("node:fs/promises");
    await rm(path);
    expect(await undoConnection(file)).toMatchObject({ outcome: "removed" });
    expect(await names()).toEqual(["config.toml.before-airelays"]);
    expect(await undoConnection(file)).toBeUndefined();
  });

  it("never loses a backup that nobody remembers", async () => {
    const { file, path } = await makeFile(mine);
    await writeFile(`${path}.before-airelays`, "older");
    expect(await writeConnection(file, edits, false)).toMatchObject({
      backup: `${path}.before-airelays-2`,
    });
    expect(await readFile(`${path}.before-airelays`, "utf8")).toBe("older");
  });
});

describe("a file that is refused", () => {
  it.each<[string, string | Buffer, string]>([
    ["is not valid", "model = \n[", "is not valid TOML ("],
    ["is no text", Buffer.from([0x61, 0xff, 0xfe]), "is not UTF-8 text"],
    ["is written in an unusual way", "model_providers = { a = 1 }\n", "cannot be changed in"],
  ])("%s stays as it is", async (_, text, problem) => {
    const { file, path, names } = await makeFile("");
    await writeFile(path, text);
    await expect(writeConnection(file, edits, false)).rejects.toMatchObject({
      code: "tool_file_refused",
      message: expect.stringMatching(/Nothing was changed\.$/),
    });
    await expect(writeConnection(file, edits, false)).rejects.toThrow(problem);
    expect(await readFile(path)).toEqual(Buffer.from(text));
    expect(await names()).toEqual(["config.toml"]);
    expect(await connectionState(file)).toBe("not connected");
  });

  it("is read-only, although a new one could take its place", async () => {
    const { file, read, names } = await makeFile(mine, 0o444);
    await expect(writeConnection(file, edits, false)).rejects.toThrow("is read-only");
    expect(await read()).toBe(mine);
    expect(await names()).toEqual(["config.toml"]);
  });

  it("cannot be made in its place: then nothing is remembered either", async () => {
    const { file } = await makeFile("");
    // Long enough that the name under which it is written first is too long.
    const path = join(dirname(file.path), "x".repeat(250));
    await expect(writeConnection({ ...file, path }, edits, false)).rejects.toThrow(
      "could not be written",
    );
    expect(await connectionState(file)).toBe("not connected");
  });

  it.skipIf(isWindows)("is a link to nowhere, or a folder", async () => {
    const { file, path } = await makeFile("");
    const link = join(dirname(path), "link.toml");
    await symlink(join(dirname(path), "gone"), link);
    await expect(writeConnection({ ...file, path: link }, edits, false)).rejects.toThrow(
      "is a link to a file that is not there. Mend or remove the link. Nothing was changed.",
    );
    await expect(writeConnection({ ...file, path: dirname(path) }, edits, false)).rejects.toThrow(
      "is no file",
    );
  });
});
