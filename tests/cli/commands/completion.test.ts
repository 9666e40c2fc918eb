import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { commands } from "../../../src/cli/command-table.ts";
import { failure, makeHome, runCommand } from "../../helpers/test-io.ts";

const run = promisify(execFile);

describe("completion", () => {
  it.each(["bash", "zsh", "fish", "powershell"])(
    "prints a script for %s with every command",
    async (shell) => {
      const { stdout, stderr, code } = await runCommand(["completion", shell], {
        home: await makeHome(),
      });

      expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
      const words = new Set(commands.flatMap(({ name }) => name.split(" ")));
      expect([...words].filter((word) => !stdout.includes(word))).toEqual([]);
      expect(stdout).not.toContain("undefined");
    },
  );

  it("names the shells when another one is asked for", async () => {
    expect(await runCommand(["completion", "bsh"], { home: await makeHome() })).toEqual(
      failure(
        2,
        "error: `<shell>` must be one of `bash`, `zsh`, `fish`, `powershell`, not `bsh`; did you mean `bash`?",
        "hint: airelays completion --help",
      ),
    );
  });
});

describe.skipIf(process.platform === "win32")("the script in bash", () => {
  let script = "";
  let home = "";

  beforeAll(async () => {
    script = (await runCommand(["completion", "bash"], { home: "/nowhere" })).stdout;
  });

  /** What bash offers behind these words. */
  async function offered(...words: string[]): Promise<string[]> {
    const line = ["airelays", ...words].map((word) => `'${word}'`).join(" ");
    const program = `${script}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length}; _airelays; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await run("bash", ["--norc", "-c", program], { cwd: home || "/" });
    return stdout.split("\n").filter(Boolean);
  }

  it.each<[words: string[], offers: string[]]>([
    [["stat"], ["status"]],
    [
      ["token", ""],
      ["show", "rotate"],
    ],
    [["token", "show", "--j"], ["--json"]],
    [["--data-dir", "status", "tok"], ["token"]],
    [
      ["quota", "--window", ""],
      ["5h", "weekly", "all"],
    ],
    [["--auth-storage", "k"], ["keyring"]],
    [["serve", "--port", ""], []],
    [
      ["completion", ""],
      ["bash", "zsh", "fish", "powershell"],
    ],
    [["completion", "bash", ""], []],
    [["config", "set", "server.po"], ["server.port"]],
    [["config", "set", "server.port", ""], []],
    [["status", "--of"], ["--offline"]],
    [["nothing", ""], []],
  ])("behind %j offers %j", async (words, offers) => {
    expect(await offered(...words)).toEqual(offers);
  });

  it("offers files with spaces in their names where a path is asked for", async () => {
    home = await makeHome();
    await mkdir(join(home, "my folder"));
    await writeFile(join(home, "my file"), "");
    expect((await offered("--config", "my")).sort()).toEqual(["my file", "my folder"]);
  });

  it("reads the words for zsh, which quotes as bash does, with what each of them means", async () => {
    const { stdout } = await runCommand(["completion", "zsh"], { home: "/nowhere" });
    const [, , list = ""] =
      /\("connect"\)\n\s+words_here=\((.*)\)\n\s+options_here=\((.*)\) ;;/.exec(stdout) ?? [];
    const read = await run("bash", ["--norc", "-c", `printf '%s\\n' ${list}`]);
    expect(read.stdout).toContain(
      "--write:Write them into the tool's file, with a backup\n--undo:",
    );
    // The whole of it, as far as bash can tell.
    await run("bash", ["--norc", "-n", "-c", stdout]);
  });
});
