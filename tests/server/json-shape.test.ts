import fc from "fast-check";
import { expect, it } from "vitest";
import { findShapeProblem } from "../../src/server/json-shape.ts";

const tooDeep = "is nested more than 256 levels deep";
const tooMany = "has more than 500000 values";

/** What `open` begins, so many times in itself. */
const nested = (open: string, close: string, times: number): string =>
  `${open.repeat(times)}1${close.repeat(times)}`;

it.each([
  [undefined, "256 levels", nested("[", "]", 256)],
  [tooDeep, "257 levels", nested("[", "]", 257)],
  [tooDeep, "objects in arrays", nested('[{"a":', "}]", 129)],
  [tooDeep, "what is never closed", "[".repeat(300)],
  [undefined, "many side by side", `[${"[[]],".repeat(1_000)}1]`],
  [undefined, "brackets in a text", JSON.stringify("[".repeat(300))],
  [undefined, "brackets behind a quote in a text", JSON.stringify(`"${"[{".repeat(300)}`)],
  [tooDeep, "brackets behind a text that ends in a backslash", `["\\\\",${"[".repeat(300)}`],
  [undefined, "brackets in a key", JSON.stringify({ ["{\\".repeat(300)]: 1 })],
  [undefined, "a text that is never closed", `["${"[".repeat(300)}`],
  [undefined, "500,000 values", `[${"1,".repeat(499_999)}1]`],
  [tooMany, "one more", `[${"1,".repeat(500_000)}1]`],
  [tooMany, "empty objects", `[${"{},".repeat(250_001)}{}]`],
  [undefined, "commas in a text", JSON.stringify(",".repeat(600_000))],
  [undefined, "nothing", ""],
])("finds %j: %s", (problem, _, text) => {
  expect(findShapeProblem(text)).toBe(problem);
});

it("agrees with the depth of what was parsed", () => {
  const depthOf = (value: unknown): number =>
    typeof value === "object" && value !== null
      ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
      : 0;
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 250, max: 260 }), (value, around) => {
      const text = `${"[".repeat(around)}${JSON.stringify(value)}${"]".repeat(around)}`;
      expect(findShapeProblem(text)).toBe(around + depthOf(value) > 256 ? tooDeep : undefined);
    }),
  );
});
