import { describe, expect, it } from "vitest";
import { fitEffort, nearestEffort } from "../../src/pipeline/fit-effort.ts";
import { testScope } from "../helpers/scripted-upstream.ts";

describe("the nearest effort", () => {
  it.each([
    ["none", ["low", "high"], "low"],
    ["none", ["none", "low"], "none"],
    ["minimal", ["low", "medium"], "low"],
    ["xhigh", ["low", "medium", "high"], "high"],
    ["max", ["low", "xhigh"], "xhigh"],
    ["medium", ["low", "high"], "low"],
    ["deep", ["low"], "deep"],
    ["high", [], "high"],
  ])("of %s among %j is %s", (asked, known, nearest) => {
    expect(nearestEffort(asked, known)).toBe(nearest);
  });
});

describe("an effort that the model does not have", () => {
  it("is told, and the options beside it stay", async () => {
    const scope = testScope();
    const request = { model: "m", input: [], reasoning: { effort: "none", summary: "auto" } };

    const fitted = await fitEffort(request, async () => ["low"], scope);

    expect(fitted.reasoning).toEqual({ effort: "low", summary: "auto" });
    expect(scope.disclosures).toEqual([
      {
        kind: "adapted",
        parameter: "reasoning.effort",
        reason: "`m` has no effort `none`; it was asked for `low`.",
      },
    ]);
  });

  it("is a common one for a model that nobody knows", async () => {
    const request = { model: "m", input: [], reasoning: { effort: "xhigh" } };
    const fitted = await fitEffort(request, async () => [], testScope());
    expect(fitted.reasoning).toEqual({ effort: "high" });
  });

  it("is nothing to be asked about where none was asked for", async () => {
    const request = { model: "m", input: [] };
    const fitted = await fitEffort(request, () => Promise.reject(new Error("asked")), testScope());
    expect(fitted).toBe(request);
  });
});
