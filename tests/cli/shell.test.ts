import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { detectShell, formatExports, type Shell, shells, toShell } from "../../src/cli/shell.ts";

const nasty = "a'b\"c $HOME `id` \\ \u2019 !x";

describe("detectShell", () => {
  it.each<[string, NodeJS.Platform, Record<string, string>, Shell]>([
    ["the login shell", "linux", { SHELL: "/usr/bin/zsh" }, "zsh"],
    ["fish", "darwin", { SHELL: "/opt/homebrew/bin/fish" }, "fish"],
    ["POSIX for what it does not know", "linux", { SHELL: "/bin/dash" }, "bash"],
    ["POSIX where nothing tells", "linux", {}, "bash"],
    ["PowerShell on Linux", "linux", { SHELL: "/bin/bash", PSModulePath: "/x" }, "powershell"],
    ["PowerShell on Windows", "win32", { PSModulePath: "C:\\Windows\\x" }, "powershell"],
    ["cmd by its prompt", "win32", { PROMPT: "$P$G", PSModulePath: "C:\\Windows\\x" }, "cmd"],
    [
      "PowerShell that cmd started",
      "win32",
      { PROMPT: "$P$G", PSModulePath: "C:\\Users\\o\\OneDrive\\Documents\\PowerShell\\Modules;x" },
      "powershell",
    ],
    ["Git Bash", "win32", { SHELL: "C:\\Program Files\\Git\\usr\\bin\\bash.exe" }, "bash"],
  ])("knows %s", (_, platform, env, shell) => {
    expect(detectShell(env, platform)).toBe(shell);
  });
});

describe("formatExports", () => {
  it.each<[Shell, string]>([
    ["bash", "export A=plain-1_2\nexport B='a'\\''b\"c $HOME `id` \\ \u2019 !x'\nunset C\n"],
    ["zsh", "export A=plain-1_2\nexport B='a'\\''b\"c $HOME `id` \\ \u2019 !x'\nunset C\n"],
    ["fish", "set -gx A plain-1_2\nset -gx B 'a\\'b\"c $HOME `id` \\\\ \u2019 !x'\nset -e C\n"],
    [
      "powershell",
      "$env:A = 'plain-1_2'\n$env:B = 'a''b\"c $HOME `id` \\ \u2019\u2019 !x'\nRemove-Item Env:C -ErrorAction SilentlyContinue\n",
    ],
  ])("quotes for %s", (shell, text) => {
    expect(formatExports(shell, { A: "plain-1_2", B: nasty }, ["C"])).toBe(text);
  });

  it("quotes for cmd what it can, and refuses what it cannot", () => {
    expect(formatExports("cmd", { A: "x & y | <z>" }, ["C"])).toBe(
      'set "A=x & y | <z>"\nset "C="\n',
    );
    for (const value of ['a"b', "100%", "a!b", "a\nb"]) {
      expect(() => formatExports("cmd", { A: value }, [])).toThrow(
        "`A` has a character that cmd cannot be given",
      );
    }
  });

  it.skipIf(process.platform === "win32")("gives bash the value itself", () => {
    const lines = formatExports("bash", { B: nasty }, ["C"]);
    const script = `${lines}printf %s "$B\${C-gone}"`;
    expect(
      execFileSync("/bin/bash", ["--norc", "--noprofile", "-c", script], {
        env: { C: "1" },
      }).toString(),
    ).toBe(`${nasty}gone`);
  });
});

it("names every shell when the one that was asked for is none of them", () => {
  expect(shells.map(toShell)).toEqual(shells);
  expect(() => toShell("tcsh")).toThrow(
    '`--shell` must be one of `bash`, `zsh`, `fish`, `powershell`, `cmd`, not "tcsh"',
  );
});
