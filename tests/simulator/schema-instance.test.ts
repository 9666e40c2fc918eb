import { describe, expect, it } from "vitest";
import { createInstance } from "../../src/simulator/schema-instance.ts";

const marker = "[airelays stand-in, no AI]";

describe("createInstance", () => {
  it.each<[string, unknown, unknown]>([
    ["a free string", { type: "string" }, `${marker} value`],
    ["a short string", { type: "string", maxLength: 5 }, "[aire"],
    ["a long string", { type: "string", minLength: 40 }, `${marker} value`.padEnd(40, ".")],
    ["a date", { type: "string", format: "date" }, "2026-01-01"],
    ["a constant", { const: { a: 1 } }, { a: 1 }],
    ["the first of an enum", { enum: ["b", "a"] }, "b"],
    ["the branch that is not null", { anyOf: [{ type: "null" }, { type: "boolean" }] }, true],
    ["the type that is not null", { type: ["null", "integer"] }, 1],
    ["a number above a bound", { type: "integer", exclusiveMinimum: 4 }, 5],
    ["a number below a bound", { type: "integer", maximum: -3 }, -3],
    [
      "a number between exclusive bounds",
      { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 },
      0.5,
    ],
    ["a multiple", { type: "integer", minimum: 5, multipleOf: 4 }, 8],
    ["an array of one", { type: "array", items: { type: "boolean" } }, [true]],
    [
      "an array of three",
      { type: "array", items: { type: "null" }, minItems: 3 },
      [null, null, null],
    ],
    ["an array of none", { type: "array", items: { type: "null" }, maxItems: 0 }, []],
    ["no hint", {}, `${marker} value`],
    ["a reference", { $ref: "#/$defs/on", $defs: { on: { type: "boolean" } } }, true],
    [
      "all of several",
      { allOf: [{ properties: { a: { const: 1 } } }, { properties: { b: { const: 2 } } }] },
      { a: 1, b: 2 },
    ],
  ])("fits %s", (_, schema, instance) => {
    expect(createInstance(schema)).toEqual(instance);
  });

  it("comes to an end on a schema that refers to itself", () => {
    const node = {
      type: "object",
      properties: {
        next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] },
        children: { type: "array", items: { $ref: "#" } },
      },
      required: ["next", "children"],
    };
    const text = JSON.stringify(createInstance({ ...node, $defs: { node } }));
    expect(text.length).toBeLessThan(5000);
    expect(text).toContain('"next":null');
    expect(text).toContain('"children":[]');
  });

  it("comes to an end on references in a circle", () => {
    const schema = {
      $ref: "#/$defs/a",
      $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } },
    };
    expect(createInstance(schema)).toBe(`${marker} value`);
  });
});
