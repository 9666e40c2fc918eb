import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Surroundings } from "../../src/cli/find-program.ts";
import { launchOf } from "../../src/cli/launch.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

/** Windows with these files; each is a program. */
function windows(files: Readonly<Record<string, string>>): Surroundings {
  return {
    platform: "win32",
    env: { Path: "C:\\Windows\\System32;C:\\npm", ComSpec: "C:\\Windows\\System32\\cmd.exe" },
    files: {
      modeOf: (path) => (path in files ? 0o666 : undefined),
      textOf: (path) => files[path] ?? "",
    },
  };
}

const npmShim = (target: string): string =>
  `@ECHO off\r\nGOTO start\r\n:find_dp0\r\nSET dp0=%~dp0\r\nEXIT /b\r\n:start\r\nSETLOCAL\r\nCALL :find_dp0\r\nIF EXIST "%dp0%\\node.exe" (\r\n  SET "_prog=%dp0%\\node.exe"\r\n)\r\nendLocal & "%_prog%"  "%dp0%\\${target}" %*\r\n`;

describe("on Windows", () => {
  it("starts what one of npm's shims starts, without cmd", () => {
    const script = "node_modules\\@openai\\codex\\bin\\codex.js";
    const surroundings = windows({
      "C:\\npm\\codex.cmd": npmShim(script),
      "C:\\Windows\\System32\\node.exe": "",
    });
    expect(launchOf(["codex", "a b", "%PATH%"], surroundings)).toEqual({
      file: "C:\\Windows\\System32\\node.exe",
      args: [`C:\\npm\\${script}`, "a b", "%PATH%"],
      env: surroundings.env,
    });
  });

  it("prefers the Node beside the shim, as the shim does, and starts a program at once", () => {
    const node = windows({
      "C:\\npm\\codex.cmd": npmShim("x.js"),
      "C:\\npm\\node.exe": "",
      "C:\\Windows\\System32\\node.exe": "",
    });
    expect(launchOf(["codex"], node).file).toBe("C:\\npm\\node.exe");
    const native = windows({ "C:\\npm\\claude.cmd": npmShim("bin\\claude.exe") });
    expect(launchOf(["claude", "-p"], native)).toMatchObject({
      file: "C:\\npm\\bin\\claude.exe",
      args: ["-p"],
    });
    expect(launchOf(["git"], windows({ "C:\\npm\\git.exe": "" })).file).toBe("C:\\npm\\git.exe");
  });

  it("hands every argument through cmd as it is", () => {
    const surroundings = windows({ "C:\\npm\\a b\\tool.bat": "echo %1" });
    const argument = fc.string({ unit: "grapheme" }).filter((text) => !/[\r\n\0]/.test(text));
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 4 }), (args) => {
        const launch = launchOf(["C:\\npm\\a b\\tool.bat", ...args], surroundings);
        expect(launch).toMatchObject({ file: "C:\\Windows\\System32\\cmd.exe", isVerbatim: true });
        const [d, s, c, line = ""] = launch.args;
        expect([d, s, c]).toEqual(["/d", "/s", "/c"]);
        expect(asProgramReads(asCmdReads(line.slice(1, -1))).slice(2)).toEqual(args);
      }),
    );
  });

  it("refuses a line break, at which cmd would end the line", () => {
    const surroundings = windows({ "C:\\npm\\tool.bat": "" });
    expect(() => launchOf(["tool", "a\nb"], surroundings)).toThrow(
      "takes no argument with a line break",
    );
  });
});

/** A caret takes the meaning from what follows; nothing else may be left with one. */
function asCmdReads(line: string): string {
  expect(line.replace(/\^./gsu, "")).not.toMatch(/[()%!^"<>&|]/);
  return line.replace(/\^(.)/gsu, "$1");
}

/** The rules of `CommandLineToArgvW`. */
function asProgramReads(line: string): string[] {
  const found: string[] = [];
  for (const [, quoted, plain] of line.matchAll(/"((?:\\.|[^"\\])*)"|([^ ]+)/gsu)) {
    if (plain !== undefined) found.push(plain);
    else {
      const text = quoted ?? "";
      found.push(text.replace(/(\\+)(?="|$)/g, (run) => "\\".repeat(run.length >> 1)));
    }
  }
  return found;
}

describe.skipIf(process.platform === "win32")("elsewhere", () => {
  it("leaves the search to the system, and names the program as it was called", async () => {
    const folder = await makeTempFolder();
    await writeFile(join(folder, "tool"), "#!/bin/sh\n");
    await chmod(join(folder, "tool"), 0o755);
    const env = { PATH: `:/nowhere:${folder}` };
    expect(launchOf(["tool", "--x"], { platform: "linux", env })).toEqual({
      file: "tool",
      args: ["--x"],
      env,
    });
  });

  it("tells what is not there from what may not be executed", async () => {
    const folder = await makeTempFolder();
    await writeFile(join(folder, "text"), "");
    await mkdir(join(folder, "folder"));
    const surroundings: Surroundings = { platform: "linux", env: { PATH: folder } };
    const codeOf = (name: string) => {
      try {
        return launchOf([name], surroundings);
      } catch (error) {
        return error;
      }
    };
    expect(codeOf("text")).toMatchObject({ code: "command_not_started", exitCode: 126 });
    expect(codeOf("folder")).toMatchObject({ code: "command_not_found", exitCode: 127 });
    expect(codeOf("./none")).toMatchObject({
      code: "command_not_found",
      message: "`./none` was not found. There is no such file.",
    });
    expect(codeOf("")).toMatchObject({ code: "command_not_found" });
  });
});
