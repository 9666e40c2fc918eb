import { describe, expect, it } from "vitest";
import { checkList, parseList } from "../../src/config/list-value.ts";

const problem = { problem: expect.stringMatching(/^must be a list of /) };

describe("a list of origins", () => {
  it.each([
    ["https://app.example", "https://app.example"],
    ["HTTPS://App.Example", "https://app.example"],
    ["https://app.example:443", "https://app.example"],
    ["http://localhost:3000", "http://localhost:3000"],
    ["http://[::1]:3000", "http://[::1]:3000"],
    ["app://obsidian.md", "app://obsidian.md"],
    ["tauri://localhost", "tauri://localhost"],
  ])("takes %s as %s, which is what a browser sends", (given, value) => {
    expect(checkList("origins", [given])).toEqual({ value: [value] });
  });

  it.each([
    "*",
    "null",
    "http://*",
    "https://*.example",
    "http://localhost:*",
    "https://app.example/",
    "https://app.example/path",
    "https://me@app.example",
    "app.example",
    "file://",
    "https://a.example,https://b.example",
    "",
    7,
  ])("T14 refuses %j, which would let in more than one page", (given) => {
    expect(checkList("origins", [given])).toEqual(problem);
  });
});

describe("a list of hosts", () => {
  it.each([
    ["Box.lan", "box.lan"],
    ["192.168.1.5", "192.168.1.5"],
    ["[fd00::1]", "fd00::1"],
    ["fd00::1", "fd00::1"],
  ])("takes %s as %s", (given, value) => {
    expect(checkList("hosts", [given])).toEqual({ value: [value] });
  });

  it.each(["*", "*.lan", "box.lan:8080", "http://box.lan", "a b", "-box", "box.", "", 7])(
    "refuses %j",
    (given) => {
      expect(checkList("hosts", [given])).toEqual(problem);
    },
  );
});

describe("a list of addresses", () => {
  it.each(["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"])("takes %s", (given) => {
    expect(checkList("addresses", [given])).toEqual({ value: [given] });
  });

  it.each(["10.0.0.0/33", "10.0.0.0/8/8", "10.0.0", "proxy.lan", "::/129", "::1/", "*", "", 7])(
    "refuses %j",
    (given) => {
      expect(checkList("addresses", [given])).toEqual(problem);
    },
  );
});

it("reads a variable as items between commas", () => {
  expect(parseList(" a , b,, ")).toEqual(["a", "b"]);
  expect(checkList("hosts", "a,b")).toEqual(problem);
});
