import { describe, expect, it } from "vitest";
import { lineOfKey, readTomlLines } from "../../src/config/toml-lines.ts";

const text = [
  "# server.port = 1",
  'top . "dotted\\"key" = 1',
  "[ server ] # comment",
  "port = 1",
  "host = '''",
  "port = 2",
  "[auth]",
  "'''",
  '"quoted key" = 3',
  "[[list]]",
  "inline = { deep = 1 }",
].join("\n");

describe("readTomlLines", () => {
  it("finds headers and keys, and nothing inside comments and long texts", () => {
    expect(readTomlLines(text)).toEqual([
      { index: 1, kind: "key", path: ["top", 'dotted"key'] },
      { index: 2, kind: "header", path: ["server"] },
      { index: 3, kind: "key", path: ["server", "port"] },
      { index: 4, kind: "key", path: ["server", "host"] },
      { index: 8, kind: "key", path: ["server", "quoted key"] },
      { index: 9, kind: "header", path: ["list"] },
      { index: 10, kind: "key", path: ["list", "inline"] },
    ]);
  });
});

describe("lineOfKey", () => {
  it("counts from 1, and falls back to the table that holds the key", () => {
    expect(lineOfKey(text, ["server", "port"])).toBe(4);
    expect(lineOfKey(text, ["list", "inline", "deep"])).toBe(11);
    expect(lineOfKey(text, ["absent"])).toBeUndefined();
  });
});
