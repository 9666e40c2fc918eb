import { describe, expect, it } from "vitest";
import { testScope } from "./helpers/scripted-upstream.ts";

describe("a request's scope", () => {
  it("releases everything once when it closes, and at once when it is closed already", () => {
    const scope = testScope();
    const released: string[] = [];
    scope.onClose(() => released.push("first"));
    scope.onClose(() => released.push("second"));
    scope.close();
    scope.close();
    scope.onClose(() => released.push("late"));
    expect(released).toEqual(["first", "second", "late"]);
  });

  it("tells a change to a parameter once, however many attempts made it", () => {
    const scope = testScope();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      scope.disclose({ kind: "ignored", parameter: "user", reason: "r" });
    }
    expect(scope.disclosures).toEqual([{ kind: "ignored", parameter: "user", reason: "r" }]);
  });

  // One look at all the others for each would stop every other request for a minute.
  it("tells as many changes as a request has items", () => {
    const scope = testScope();
    const count = 200_000;
    for (let item = 0; item < count; item += 1) {
      scope.disclose({ kind: "adapted", parameter: `input[${item}]`, reason: "r" });
    }
    expect(scope.disclosures).toHaveLength(count);
  });
});
