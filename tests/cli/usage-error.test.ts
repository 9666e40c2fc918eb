import { describe, expect, it } from "vitest";
import type { CommandSpec } from "../../src/cli/command-spec.ts";
import { type Known, usageError } from "../../src/cli/usage-error.ts";

const options: Readonly<Record<string, CommandSpec["options"]>> = {
  status: { json: {} },
  serve: { host: {}, ollama: {} },
  demo: { host: {} },
};

const commands = [
  "init",
  "status",
  "token show",
  "token rotate",
  "serve",
  "demo",
  "completion",
].map(
  (name): CommandSpec => ({
    name,
    summary: name,
    options: options[name] ?? {},
    ...(name === "completion" ? { positionals: { shell: {} } } : {}),
    examples: [],
    load: () => Promise.reject(new Error("runs nothing")),
  }),
);

const known = (current?: string): Known => ({
  commands,
  globalOptions: { "data-dir": {} },
  current: commands.find(({ name }) => name === current),
});

describe("a wrong command line", () => {
  it.each([
    ["Unknown command: statsu", "Unknown command `statsu`; did you mean `airelays status`?"],
    ["Unknown command: tokn", "Unknown command `tokn`; did you mean `airelays token`?"],
    ["Unknown command: rotate", "Unknown command `rotate`; did you mean `airelays token rotate`?"],
    ["Unknown command: status", "Unknown command `status`"],
    ["Unknown command: dance", "Unknown command `dance`"],
    ["Unknown commands: dance, sing", "Unknown command `dance`"],
    ["Unknown argument: jsno", "Unknown option `--jsno`"],
    ["Something else.\n\nOn two lines", "Something else. On two lines"],
  ])("%j is told as %j", (complaint, message) => {
    expect(usageError(complaint, known())).toMatchObject({
      code: "usage",
      message,
      details: { hint: "airelays --help" },
    });
  });

  it.each([
    ["status", "Unknown argument: jsno", "Unknown option `--jsno`; did you mean `--json`?"],
    ["status", "Unknown argument: q", "Unknown option `-q`"],
    [
      "status",
      "Unknown arguments: dta-dir, dtaDir",
      "Unknown option `--dta-dir`; did you mean `--data-dir`?",
    ],
    ["status", "Unknown argument: hlep", "Unknown option `--hlep`; did you mean `--help`?"],
    ["status", "Unknown arguments: dry-run, dryRun", "Unknown option `--dry-run`"],
    [
      "status",
      "Unknown argument: host",
      "Unknown option `--host`; `airelays serve` and `airelays demo` have it",
    ],
    ["status", "Unknown argument: ollama", "Unknown option `--ollama`; `airelays serve` has it"],
    ["serve", "Not enough arguments following: port", "`--port` needs a value"],
    [
      "completion",
      "Not enough non-option arguments: got 0, need at least 1",
      "Something is missing: airelays completion <shell>",
    ],
    [
      "completion",
      'Invalid values:\n  Argument: shell, Given: "fsh", Choices: "bash", "fish"',
      "`<shell>` must be one of `bash`, `fish`, not `fsh`; did you mean `fish`?",
    ],
    [
      "status",
      'Invalid values:\n  Argument: window, Given: "year", Choices: "5h", "all"',
      "`--window` must be one of `5h`, `all`, not `year`",
    ],
  ])("of `%s`: %j is told as %j, with the help of that command", (name, complaint, message) => {
    expect(usageError(complaint, known(name))).toMatchObject({
      code: "usage",
      message,
      details: { hint: `airelays ${name} --help` },
    });
  });
});
