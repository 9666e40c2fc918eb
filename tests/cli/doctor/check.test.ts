import { describe, expect, it } from "vitest";
import {
  type Check,
  examine,
  type Finding,
  type NamedFinding,
  type Patient,
  toFinding,
} from "../../../src/cli/doctor/check.ts";
import { RelayError } from "../../../src/errors.ts";

const config: Finding = { status: "ok", detail: "read" };
// The checks below look at nothing of it.
const patient = {} as Patient;

function check(name: string, needs: readonly string[], finding: Finding | Error): Check {
  return {
    name,
    needs,
    run: async () => {
      if (finding instanceof Error) throw finding;
      return finding;
    },
  };
}

const ok: Finding = { status: "ok", detail: "good" };
const bad: Finding = {
  status: "fail",
  detail: "Gone. Run: airelays login",
  next: "airelays login",
};

async function statuses(checks: readonly Check[]): Promise<Record<string, string>> {
  const findings = await examine(checks, config, patient, () => undefined);
  return Object.fromEntries(findings.map(({ name, status }) => [name, status]));
}

describe("examine", () => {
  it("tells every finding in order, as soon as it is there", async () => {
    const told: NamedFinding[] = [];
    const all = await examine(
      [check("a", [], ok), check("b", ["a"], bad)],
      config,
      patient,
      (one) => told.push(one),
    );
    expect(told).toEqual([
      { name: "config", ...config },
      { name: "a", ...ok },
      // The step has a place of its own.
      { name: "b", status: "fail", detail: "Gone.", next: "airelays login" },
    ]);
    expect(all).toEqual(told);
  });

  it("skips what needs a failed check, and what needs the skipped, and nothing else", async () => {
    const checks = [
      check("dns", [], bad),
      check("tls", ["dns"], ok),
      check("models", ["tls"], ok),
      check("port", [], ok),
    ];
    expect(await examine(checks, config, patient, () => undefined)).toContainEqual({
      name: "models",
      status: "skipped",
      detail: "Not checked: it needs `tls`.",
    });
    expect(await statuses(checks)).toEqual({
      config: "ok",
      dns: "fail",
      tls: "skipped",
      models: "skipped",
      port: "ok",
    });
  });

  it("goes on behind a warning, and behind a check that had nothing to look at", async () => {
    const checks = [
      check("keyring", [], { status: "warn", detail: "" }),
      check("tls", [], { status: "skipped", detail: "Plain http." }),
      check("models", ["keyring", "tls"], ok),
    ];
    expect(await statuses(checks)).toMatchObject({ models: "ok" });
  });

  it("looks at nothing when the configuration cannot be read", async () => {
    const findings = await examine([check("a", [], ok)], bad, undefined, () => undefined);
    expect(findings.map(({ status }) => status)).toEqual(["fail", "skipped"]);
  });

  it("takes what a check throws for its failure", async () => {
    const error = new RelayError("storage_failed", "The disk is full.", { hint: "Make room" });
    const [, found] = await examine([check("a", [], error)], config, patient, () => undefined);
    expect(found).toEqual({
      name: "a",
      status: "fail",
      detail: "The disk is full.",
      next: "Make room",
    });
  });
});

describe("toFinding", () => {
  it("shows nothing of an error that is not ours", () => {
    expect(JSON.stringify(toFinding(new TypeError("token abc at x.ts:1")))).not.toMatch(
      /abc|x\.ts/,
    );
  });
});
