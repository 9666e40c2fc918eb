import { describe, expect, it } from "vitest";
import { completeFormat } from "../../src/facades/strict-schema.ts";

function complete(schema: object, strict = true) {
  const format = completeFormat({ type: "json_schema", name: "n", strict, schema }, "schema", []);
  return format["schema"];
}

describe("completeFormat", () => {
  it("requires every property, makes the optional ones nullable, and allows no others", () => {
    expect(
      complete({
        type: "object",
        properties: {
          id: { type: "string" },
          size: { type: "number" },
          tags: { type: ["array", "string"], items: { type: "string" } },
          kind: { type: "string", enum: ["a", "b"] },
          either: { anyOf: [{ type: "string" }] },
          fixed: { const: 3 },
        },
        required: ["id"],
      }),
    ).toEqual({
      type: "object",
      properties: {
        id: { type: "string" },
        size: { type: ["number", "null"] },
        tags: { type: ["array", "string", "null"], items: { type: "string" } },
        kind: { type: ["string", "null"], enum: ["a", "b", null] },
        either: { anyOf: [{ type: "string" }, { type: "null" }] },
        fixed: { anyOf: [{ const: 3 }, { type: "null" }] },
      },
      required: ["id", "size", "tags", "kind", "either", "fixed"],
      additionalProperties: false,
    });
  });

  it("does so at every depth", () => {
    const inner = { type: "object", properties: { a: { type: "string" } } };
    const closed = {
      type: "object",
      properties: { a: { type: ["string", "null"] } },
      required: ["a"],
      additionalProperties: false,
    };
    expect(
      complete({
        type: "object",
        properties: { list: { type: "array", items: inner } },
        required: ["list"],
        $defs: { inner },
        additionalProperties: false,
      }),
    ).toMatchObject({
      properties: { list: { type: "array", items: closed } },
      $defs: { inner: closed },
    });
  });

  it("gives the same object back when nothing was missing, or when it is not strict", () => {
    const whole = {
      type: "object",
      properties: { a: { type: ["string", "null"] } },
      required: ["a"],
      additionalProperties: false,
    };
    expect(complete(whole)).toBe(whole);
    const loose = { type: "object", additionalProperties: true };
    expect(complete(loose, false)).toBe(loose);
  });

  it("completes as many properties as a body may hold", () => {
    const names = Array.from({ length: 150_000 }, (_, index) => `p${index}`);
    const properties = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
    const schema = { type: "object", properties, required: names.slice(0, 75_000) };
    expect(complete(schema)).toMatchObject({ required: { length: names.length } });
  });

  it("leaves alone what may be null already", () => {
    const nullable = [
      { type: "null" },
      { type: ["string", "null"] },
      { anyOf: [{ type: "string" }, { type: "null" }] },
      { enum: ["a", null] },
    ];
    for (const a of nullable) {
      expect(complete({ type: "object", properties: { a } })).toMatchObject({ properties: { a } });
    }
  });

  it.each([
    [{ type: "object", additionalProperties: true }, "schema.additionalProperties"],
    [
      { type: "object", properties: { a: { properties: {}, additionalProperties: {} } } },
      "schema.properties.a.additionalProperties",
    ],
    [{ type: "object", properties: [] }, "schema.properties"],
    [{ type: "object", required: "a" }, "schema.required"],
  ])("refuses %j naming `%s`", (schema, param) => {
    expect(() => complete(schema)).toThrow(expect.objectContaining({ details: { param } }));
  });
});
