import { expect, it } from "vitest";
import { commands, globalOptions } from "../../src/cli/command-table.ts";
import { splitCommandLine } from "../../src/cli/split-command-line.ts";

const split = (line: string) => splitCommandLine(line.split(" "), commands, globalOptions);

it.each<[line: string, own: string, command: string[] | undefined]>([
  ["run codex exec --json", "run", ["codex", "exec", "--json"]],
  ["run -- codex --help", "run", ["codex", "--help"]],
  ["run --port 8317 codex", "run --port 8317", ["codex"]],
  ["run --port=8317 codex --port 1", "run --port=8317", ["codex", "--port", "1"]],
  ["--data-dir /x run --host ::1 a -- b", "--data-dir /x run --host ::1", ["a", "--", "b"]],
  ["run", "run", []],
  ["run --", "run", []],
  ["run --help", "run --help", []],
  ["run -h codex", "run -h", ["codex"]],
  ["run - x", "run", ["-", "x"]],
  ["--config run status --json", "--config run status --json", undefined],
  ["status run x", "status run x", undefined],
  ["connect codex --write", "connect codex --write", undefined],
  ["-- run x", "-- run x", undefined],
])("%s", (line, own, command) => {
  expect(split(line)).toEqual({ own: own.split(" "), command });
});
