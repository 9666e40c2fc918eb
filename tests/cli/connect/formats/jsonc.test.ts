import { expect, it } from "vitest";
import { jsonc } from "../../../../src/cli/connect/formats/jsonc.ts";

const file = `{
\t// mine
\t"theme": "dark", /* really */
\t"env": { "A": "1" },
}
`;

it("sets a value deep inside and keeps comments, tabs and trailing commas", () => {
  const changed = jsonc.set(file, ["env", "B"], "2");
  expect(changed).toContain("\t// mine\n");
  expect(changed).toContain('"dark", /* really */');
  expect(jsonc.parse(changed)).toEqual({ theme: "dark", env: { A: "1", B: "2" } });
  expect(jsonc.set(file, ["theme"], "light")).toBe(file.replace('"dark"', '"light"'));
  expect(jsonc.set(file, ["x"], { y: 1 })).toContain('\n\t"x": {\n\t\t"y": 1\n\t}');
});

it("leaves every comment beside what it is about", () => {
  const text = '{\n  "a": 1, // of a\n  "b": 2 // of b\n}\n';
  const once = jsonc.set(text, ["c"], 3);
  expect(once).toBe(text.replace("{\n", '{\n  "c": 3,\n'));
  expect(jsonc.remove(once, ["c"])).toBe(text);
});

it.each([
  ['{\n  "x": 1,\n  // of b\n  "b": 2\n}\n', '{\n  // of b\n  "b": 2\n}\n'],
  ['{\n  "a": 1, // of a\n  "x": 1\n}\n', '{\n  "a": 1 // of a\n}\n'],
  ['{\n  "a": 1,\n  "x": 1, // of x\n}\n', '{\n  "a": 1,\n   // of x\n}\n'],
  ['{\r\n\t"a": 1,\r\n\t"x": { "y": [1] }\r\n}', '{\r\n\t"a": 1\r\n}'],
  ['{ "x": 1 }', "{  }"],
  ['{"a":1,"x":1,"b":2}', '{"a":1,"b":2}'],
  ['{"a": 1, "x": 1}', '{"a": 1 }'],
])("takes a value out of %j and no comment", (text, after) => {
  expect(jsonc.remove(text, ["x"])).toBe(after);
  expect(jsonc.remove(after, ["x"])).toBe(after);
});

it("begins with an empty file, and with the line ends of Windows", () => {
  expect(jsonc.set("", ["a", "b"], true)).toBe('{\n  "a": {\n    "b": true\n  }\n}\n');
  const crlf = '{\r\n    "a": 1\r\n}\r\n';
  expect(jsonc.set(crlf, ["b"], 2)).toBe('{\r\n    "a": 1,\r\n    "b": 2\r\n}\r\n');
});

it("takes a value out again", () => {
  expect(jsonc.remove(jsonc.set(file, ["theme"], "x"), ["env", "A"])).toContain('"env": {  }');
  expect(jsonc.remove('{\n  "a": 1,\n  "b": 2\n}\n', ["b"])).toBe('{\n  "a": 1\n}\n');
});

it("says in which line it is no JSON", () => {
  expect(() => jsonc.parse('{\n  "a": 1\n  "b": 2\n}')).toThrow("CommaExpected in line 3");
  expect(() => jsonc.parse("{")).toThrow("CloseBraceExpected in line 1");
});
