import { describe, expect, it } from "vitest";
import { RelayError } from "../../src/errors.ts";
import { nearestEffort, openFitting } from "../../src/pipeline/fit-effort.ts";
import type { OpenedStream } from "../../src/pipeline/open.ts";
import type { ResponsesRequest } from "../../src/protocol/request.ts";
import { testScope } from "../helpers/scripted-upstream.ts";

const request: ResponsesRequest = {
  model: "m",
  input: [],
  reasoning: { effort: "none", summary: "auto" },
};
const stream = {} as OpenedStream;
const refusal = (param: string) => new RelayError("upstream_rejected", "No.", { param });

/** Opens on an upstream that takes only these efforts. */
async function open(taken: readonly string[], param = "reasoning.effort", known = taken) {
  const scope = testScope();
  const asked: unknown[] = [];
  const result = openFitting(request, scope, {
    efforts: async () => known,
    async open({ reasoning }) {
      asked.push(reasoning?.effort);
      if (!taken.includes(reasoning?.effort ?? "")) throw refusal(param);
      return stream;
    },
  });
  const fitted = await result.catch((error: unknown) => error);
  return { fitted, asked, changes: scope.disclosures };
}

describe("an effort that is a wish", () => {
  it("is sent as it is where the model takes it, listed or not", async () => {
    expect(await open(["none"], "reasoning.effort", ["low"])).toEqual({
      fitted: { opened: stream, request },
      asked: ["none"],
      changes: [],
    });
  });

  it("becomes the nearest that the model has, which is disclosed", async () => {
    expect(await open(["low", "high"])).toEqual({
      fitted: {
        opened: stream,
        request: { ...request, reasoning: { effort: "low", summary: "auto" } },
      },
      asked: ["none", "low"],
      changes: [
        {
          kind: "adapted",
          parameter: "reasoning.effort",
          reason: "The model does not take `none`; `low` is the nearest that it has.",
        },
      ],
    });
  });

  it.each([
    ["another parameter was refused", "input", ["low"]],
    ["the catalogue does not know the model", "reasoning.effort", []],
  ])("stays refused where %s", async (_why, param, known) => {
    const { fitted, asked } = await open([], param, known);
    expect(fitted).toEqual(refusal(param));
    expect(asked).toEqual(["none"]);
  });
});

it.each([
  ["none", ["low", "medium"], "low"],
  ["max", ["low", "medium", "xhigh"], "xhigh"],
  ["medium", ["low", "high"], "low"],
  ["medium", ["medium"], undefined],
  ["strange", ["low"], undefined],
])("the nearest to %s in %j is %s", (asked, known, nearest) => {
  expect(nearestEffort(asked, known)).toBe(nearest);
});
