import { describe, expect, it } from "vitest";
import { expandHome, fullPath, locateConfig } from "../../src/config/paths.ts";

const posix = { platform: "linux", homeDirectory: "/home/me" } as const;
const windows = { platform: "win32", homeDirectory: "C:\\Users\\me" } as const;

describe("expandHome", () => {
  it.each([
    [posix, "~", "/home/me"],
    [posix, "~/a/b", "/home/me/a/b"],
    [posix, "~other/a", "~other/a"],
    [posix, "~\\a", "~\\a"],
    [posix, "a/~/b", "a/~/b"],
    [windows, "~\\a", "C:\\Users\\me\\a"],
    [windows, "~/a", "C:\\Users\\me\\a"],
    [windows, "D:\\a", "D:\\a"],
  ])("on %o turns %s into %s", (machine, path, expected) => {
    expect(expandHome(path, machine)).toBe(expected);
  });
});

describe("fullPath", () => {
  it.each([
    [{ ...posix, workingDirectory: "/srv" }, "./x", "/srv/x"],
    [{ ...posix, workingDirectory: "/srv" }, "../x", "/x"],
    [{ ...posix, workingDirectory: "/srv" }, "~/x", "/home/me/x"],
    [{ ...posix, workingDirectory: "/srv" }, "/x", "/x"],
    [posix, "./x", "./x"],
    [{ ...windows, workingDirectory: "D:\\srv" }, ".\\x", "D:\\srv\\x"],
    [{ ...windows, workingDirectory: "D:\\srv" }, "E:\\x", "E:\\x"],
  ])("on %o turns %s into %s", (machine, path, expected) => {
    expect(fullPath(path, machine)).toBe(expected);
  });
});

describe("locateConfig", () => {
  it("asks the flag, then the variables from the newest name to the oldest", () => {
    const names = ["AIRELAYS_CONFIG", "AIRELAY_CONFIG", "OPENAI_ENDPOINT_CONFIG"];
    const located = names.map((_, index) => {
      const env = Object.fromEntries(names.slice(index).map((name) => [name, `~/${name}`]));
      return locateConfig({ ...posix, env }, undefined);
    });
    expect(located).toEqual(
      names.map((name) => ({ path: `/home/me/${name}`, origin: `environment ${name}` })),
    );
    expect(locateConfig({ ...posix, env: { AIRELAYS_CONFIG: "/x" } }, "~/y")).toEqual({
      path: "/home/me/y",
      origin: "flag --config",
    });
  });
});
