import picocolors from "picocolors";
import { describe, expect, it } from "vitest";
import {
  fitLines,
  formatJson,
  formatSeconds,
  formatSection,
  formatSteps,
  formatTitle,
  printable,
  printableLine,
  wrapText,
} from "../../src/cli/render.ts";

const plain = picocolors.createColors(false);
const colored = picocolors.createColors(true);

describe("text from elsewhere", () => {
  it("T49 moves no cursor and turns no text, in words and in JSON", () => {
    const hostile = "a\u001b[2Jb\u009bc\rd\u0007e\u202ef\u2028g";
    expect(printable(hostile)).toBe("a\ufffd[2Jb\ufffdc\ufffdd\ufffde\ufffdf\ufffdg");
    const json = formatJson({ hostile });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(json).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
    expect(JSON.parse(json)).toEqual({ hostile });
  });
});

describe("a value from elsewhere", () => {
  it("T49 stays on its line, and cannot begin one that looks like ours", () => {
    expect(printableLine("one\r\nerror: two\tthree")).toBe("one error: two three");
    const fields = [{ label: "Account", value: "a\n  Ready:             yes" }];
    expect(formatSection("Sign-in", fields, plain).trimEnd().split("\n")).toHaveLength(3);
  });
});

describe("text for people", () => {
  it("puts the values of a section in one column and says what is not set", () => {
    const fields = [
      { label: "Email", value: "demo@airelays.invalid" },
      { label: "Models", value: 0 },
      { label: "Ready", value: false, tone: "bad" as const },
      { label: "Plan", value: null },
      { label: "Account ID", value: undefined },
      { label: "Store", value: "" },
    ];

    expect(formatSection("Sign-in", fields, plain)).toBe(`
Sign-in
  Email:             demo@airelays.invalid
  Models:            0
  Ready:             false
  Plan:              not set
  Account ID:        not set
  Store:             not set
`);
  });

  it("reads the same with colours taken away", () => {
    const draw = (colors: typeof plain): string =>
      formatTitle("AIRelays", colors) +
      formatSection("Relay", [{ label: "Ready", value: "no", tone: "bad" }], colors) +
      formatSteps(["airelays login"], colors);

    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are escape sequences
    expect(draw(colored).replaceAll(/\u001b\[\d+m/g, "")).toBe(draw(plain));
    expect(draw(colored)).toContain("\u001b[31mno\u001b[39m");
  });

  it("numbers the next steps, and shows no heading without any", () => {
    expect(formatSteps(["airelays init", "airelays login"], plain)).toBe(
      "\nNext steps\n  1. airelays init\n  2. airelays login\n",
    );
    expect(formatSteps([], plain)).toBe("");
  });

  it("does not let text from elsewhere move the cursor or colour the screen", () => {
    const hostile = "a\u001b[2Jb\rc\u0007d\u009be\u007f";

    expect(printable(hostile)).toBe("a\ufffd[2Jb\ufffdc\ufffdd\ufffde\ufffd");
    expect(formatTitle(hostile, plain)).not.toContain("\u001b");
    expect(formatSection("S", [{ label: "L", value: hostile }], plain)).not.toContain("\u001b");
    expect(printable("lines\nand\ttabs stay, as do \u00e9 and \u{1f600}")).toBe(
      "lines\nand\ttabs stay, as do \u00e9 and \u{1f600}",
    );
  });

  it.each([
    [-3, "0 seconds"],
    [1, "1 second"],
    [40.4, "40 seconds"],
    [89, "89 seconds"],
    [90, "2 minutes"],
    [840, "14 minutes"],
  ])("says %d seconds as %s", (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  it("prints JSON indented, with a line end", () => {
    expect(formatJson({ a: [1] })).toBe('{\n  "a": [\n    1\n  ]\n}\n');
  });
});

describe("fitLines", () => {
  it("leaves lines that fit as they are, and breaks others at spaces, below their indentation", () => {
    expect(fitLines("a  b\n  one two three\n\n", 9)).toBe("a  b\n  one two\n  three\n\n");
    expect(fitLines("\u001b[31merror:\u001b[39m no", 9)).toBe("\u001b[31merror:\u001b[39m no");
    expect(fitLines("a line in a pipe is never broken")).toBe("a line in a pipe is never broken");
  });

  it("never breaks a word: a path or an address is copied whole", () => {
    expect(fitLines("see /a/path/without/end now", 9)).toBe("see\n/a/path/without/end\nnow");
  });
});

describe("wrapText", () => {
  it("breaks at spaces, keeps line breaks, and leaves a long word whole", () => {
    expect(wrapText("one two three\nfour /a/path/without/end five", 9)).toEqual([
      "one two",
      "three",
      "four",
      "/a/path/without/end",
      "five",
    ]);
    expect(wrapText("", 9)).toEqual([""]);
  });
});
