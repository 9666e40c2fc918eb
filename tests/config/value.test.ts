import { describe, expect, it } from "vitest";
import { address, integer, oneOf, path, string, url } from "../../src/config/setting.ts";
import { checkValue, parseText } from "../../src/config/value.ts";

const anUrl = url("U", "https://a.example", "");

describe("a URL", () => {
  it.each([
    ["https://chatgpt.com/backend-api/codex/", "https://chatgpt.com/backend-api/codex"],
    ["HTTPS://Auth.OpenAI.com//", "https://auth.openai.com"],
    ["http://localhost:8123", "http://localhost:8123"],
    ["http://127.9.8.7:1/x", "http://127.9.8.7:1/x"],
    ["http://[::1]:8123/", "http://[::1]:8123"],
  ])("%s is taken as %s", (given, value) => {
    expect(checkValue(anUrl, given)).toEqual({ value });
  });

  it.each([
    ["http://example.com", "`http://` is for this machine only"],
    ["http://localhost.example.com", "`http://` is for this machine only"],
    ["http://127.0.0.1.example.com", "`http://` is for this machine only"],
    ["http://0.0.0.0", "`http://` is for this machine only"],
    ["http://[::2]", "`http://` is for this machine only"],
    ["https://me@a.example", "without a user name or password"],
    ["https://:pw@a.example", "without a user name or password"],
    ["https://a.example/?x=1", "without `?` and `#`"],
    ["https://a.example/?", "without `?` and `#`"],
    ["https://a.example/#x", "without `?` and `#`"],
    ["ftp://a.example", "begins with `https://`"],
    ["https:a.example", "begins with `https://`"],
    ["chatgpt.com", "begins with `https://`"],
    ["", "begins with `https://`"],
    [443, "begins with `https://`"],
  ])("%s is refused", (given, problem) => {
    expect(checkValue(anUrl, given)).toEqual({ problem: expect.stringContaining(problem) });
  });
});

describe("an address to listen on", () => {
  const anAddress = address("A", "127.0.0.1:11434", "");

  it.each([
    ["", "127.0.0.1:11434"],
    ["on", "127.0.0.1:11434"],
    ["OFF", "off"],
    ["11435", "11435"],
    [" localhost:11435 ", "localhost:11435"],
    ["[::1]:0", "[::1]:0"],
  ])("%j is taken as %s", (given, value) => {
    expect(checkValue(anAddress, parseText(anAddress, given))).toEqual({ value });
  });

  it.each(["localhost", "127.0.0.1:65536", "::1:80", "http://127.0.0.1:80", "a b:80", true, 11434])(
    "%j is refused",
    (given) => {
      expect(checkValue(anAddress, given)).toEqual({
        problem: expect.stringMatching(
          /^must be `off`, `on` or an address such as `127.0.0.1:11434`/,
        ),
      });
    },
  );
});

describe("other values", () => {
  const port = integer("P", 1, "", { min: 0, max: 10 });

  it.each(["", "1.5", "0x1", "1e1", "1_0", "ten", "Infinity", "NaN", "11", "-1"])(
    "refuse %j as a whole number from 0 to 10",
    (text) => {
      expect(checkValue(port, parseText(port, text))).toHaveProperty("problem");
    },
  );

  it("accept a number with space around it, or a sign", () => {
    expect(checkValue(port, parseText(port, " +10 "))).toEqual({ value: 10 });
  });

  it("refuse a whole number that TOML can hold and JavaScript cannot", () => {
    expect(checkValue(port, 99_999_999_999_999_999_999n)).toEqual({
      problem: "must be a whole number from 0 to 10, not 99999999999999999999",
    });
  });

  it("accept a word in any case, and name the words otherwise", () => {
    const mode = oneOf("M", "auto", ["auto", "file"], "");
    expect(checkValue(mode, " File ")).toEqual({ value: "file" });
    expect(checkValue(mode, true)).toEqual({ problem: "must be one of `auto`, `file`, not true" });
  });

  it.each(["", "  ", "a\r\nx-evil: 1", "ümlaut", 7, null])("refuse %j as a text", (given) => {
    expect(checkValue(string("S", "", ""), given)).toHaveProperty("problem");
  });

  it.each(["", " ", "a\0b", 7, ["a"]])("refuse %j as a path", (given) => {
    expect(checkValue(path("P", "", ""), given)).toHaveProperty("problem");
  });
});
