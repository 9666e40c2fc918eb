import { describe, expect, it } from "vitest";
import { usageError } from "../../src/cli/usage-error.ts";

const names = ["init", "status", "token show", "token rotate"];

describe("a wrong command line", () => {
  it.each([
    ["Unknown command: statsu", "Unknown command `statsu`; did you mean `airelays status`?"],
    ["Unknown command: tokn", "Unknown command `tokn`; did you mean `airelays token`?"],
    ["Unknown command: rotate", "Unknown command `rotate`; did you mean `airelays token rotate`?"],
    ["Unknown command: status", "Unknown command `status`"],
    ["Unknown command: dance", "Unknown command `dance`"],
    ["Unknown commands: dance, sing", "Unknown command `dance`"],
    ["Unknown argument: jsno", "Unknown option `--jsno`"],
    ["Unknown argument: q", "Unknown option `-q`"],
    ["Unknown arguments: dry-run, dryRun", "Unknown option `--dry-run`"],
    ["Not enough arguments following: port", "`--port` needs a value"],
    ["Something else.\n\nOn two lines", "Something else. On two lines"],
  ])("%j is told as %j", (complaint, message) => {
    expect(usageError(complaint, names)).toMatchObject({
      code: "usage",
      message,
      details: { hint: "airelays --help" },
    });
  });
});
