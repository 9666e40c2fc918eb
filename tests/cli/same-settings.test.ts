import { describe, expect, it } from "vitest";
import { createRepeat, quoted } from "../../src/cli/same-settings.ts";

const linux = { platform: "linux", homeDirectory: "/home/me", workingDirectory: "/srv" } as const;
const repeatable = {
  commands: { login: ["config", "auth-storage"], "token show": ["config", "bearer-token-file"] },
  isPath: (option: string) => option !== "auth-storage",
};

describe("a command that is printed", () => {
  it.each([
    ["Run: airelays login", "Run: airelays login --config /srv/my.toml --auth-storage file"],
    ["`airelays login` helps", "`airelays login --config /srv/my.toml --auth-storage file` helps"],
    [
      "airelays token show --json",
      "airelays token show --config /srv/my.toml --bearer-token-file '/home/me/a b' --json",
    ],
    ["airelays login --help, airelays --help", "airelays login --help, airelays --help"],
    [
      "airelays demo, airelays login-page, airelays",
      "airelays demo, airelays login-page, airelays",
    ],
  ])("is %j with the options that it takes: %j", (text, expected) => {
    const args = { config: "my.toml", "auth-storage": "file", "bearer-token-file": "~/a b" };
    expect(createRepeat(args, linux, repeatable)(text)).toBe(expected);
  });

  it("stays as it is when no such option was given", () => {
    const repeat = createRepeat({ json: true, config: "" }, linux, repeatable);
    expect(repeat("Run: airelays login")).toBe("Run: airelays login");
  });
});

describe("quoted", () => {
  it.each([
    ["linux", "/home/me/x.toml", "/home/me/x.toml"],
    ["linux", "/a b", "'/a b'"],
    ["linux", "/it's", "'/it'\\''s'"],
    ["linux", "~/x", "'~/x'"],
    ["win32", "C:\\Users\\me", "C:\\Users\\me"],
    ["win32", "C:\\My Files", '"C:\\My Files"'],
  ] as const)("on %s turns %s into %s", (platform, word, expected) => {
    expect(quoted(word, platform)).toBe(expected);
  });
});
