import { describe, expect, it } from "vitest";
import { blocksOf, isOutput, stepsOf } from "./blocks.ts";

const fence = "```";

describe("the blocks of a page", () => {
  it("have their language, their first line, and the reason above them", () => {
    const page = [
      "# Page",
      `${fence}sh`,
      "one",
      "two",
      fence,
      "<!-- not run: it needs a moon -->",
      `${fence}js`,
      "three",
      fence,
      `  ${fence}python`,
      "  four",
      `  ${fence}`,
      fence,
      "no language",
      fence,
    ].join("\n");
    expect(blocksOf(page)).toEqual([
      { language: "sh", text: "one\ntwo\n", line: 3, notRun: undefined },
      { language: "js", text: "three\n", line: 8, notRun: "it needs a moon" },
      { language: "python", text: "four\n", line: 11, notRun: undefined },
    ]);
  });

  it("are steps in a transcript: a command with its further lines, and what it prints", () => {
    const text = "$ one \\\n    --more\nprinted\n\n$ two\n";
    expect(stepsOf({ language: "console", text, line: 5, notRun: undefined })).toEqual([
      { line: 5, command: "one \\\n    --more", output: "printed\n\n" },
      { line: 9, command: "two", output: "" },
    ]);
  });
});

describe("what a transcript shows", () => {
  it.each([
    ["exactly this\n", "exactly this\n"],
    ["first\nsecond\nthird\n", "first\n…\nthird"],
    ['{"id":"a-1","content":"[stand-in] Hi"}', '{"id":"a-…","content":"Hello!"}'],
    ["  indented   more\n", "indented more"],
    ["", ""],
  ])("is %j for %j", (printed, expected) => {
    expect(isOutput(printed, expected)).toBe(true);
  });

  it.each([
    ["exactly that\n", "exactly this\n"],
    ["first\nsecond\n", "first\n"],
    ["second", "first\n…"],
    ['{"error":"no"}', '{"content":"Hello!"}'],
    ["something", ""],
  ])("is not %j for %j", (printed, expected) => {
    expect(isOutput(printed, expected)).toBe(false);
  });
});
