import { describe, expect, it } from "vitest";
import { diffBodies } from "../../../src/cli/transits/body-diff.ts";

describe("diffBodies", () => {
  it("tells of each key whether it stayed, went, came or changed, the client's order first", () => {
    const before = { model: "a", stop: ["x"], stream: true };
    const after = { store: false, stream: true, model: "b" };
    expect(diffBodies(before, after).map(({ name, kind }) => [name, kind])).toEqual([
      ["model", "changed"],
      ["stop", "gone"],
      ["stream", "same"],
      ["store", "new"],
    ]);
  });

  it("shows the places that differ, and nothing of what is the same", () => {
    const before = {
      input: [{ role: "system", content: "x" }, { role: "user" }],
      tools: [{ a: 1 }],
    };
    const after = {
      input: [{ role: "developer", content: "x" }, { role: "user" }, { role: "tool" }],
      tools: [{ b: { c: 1 } }],
    };
    expect(diffBodies(before, after).flatMap(({ lines }) => lines)).toEqual([
      { sign: "-", place: "input[0].role", text: '"system"' },
      { sign: "+", place: "input[0].role", text: '"developer"' },
      { sign: "+", place: "input[2]", text: '{"role":"tool"}' },
      { sign: "-", place: "tools[0].a", text: "1" },
      { sign: "+", place: "tools[0].b", text: '{"c":1}' },
    ]);
  });

  it("gives a list a line an item, and counts what would fill the screen", () => {
    const [part] = diffBodies({ messages: Array.from({ length: 50 }, (_, index) => index) }, {});
    expect(part).toMatchObject({ kind: "gone", more: 10 });
    expect(part?.lines[39]).toEqual({ sign: "-", place: "messages[39]", text: "39" });
  });

  it("knows `__proto__` and `toString` as names like any other", () => {
    const before: unknown = JSON.parse('{"__proto__": 1, "toString": 2}');
    expect(diffBodies(before, {}).map(({ name, kind }) => [name, kind])).toEqual([
      ["__proto__", "gone"],
      ["toString", "gone"],
    ]);
  });

  it("takes what is no object for nothing", () => {
    expect(diffBodies("text", null)).toEqual([]);
  });
});
