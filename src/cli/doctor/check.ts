/**
 * What a check of `airelays doctor` is, and how a list of them is run: in order, each bounded in
 * time, and not at all where what it needs has failed. Knows no check in particular.
 */
import type { LoadedConfig } from "../../config/load.ts";
import { toRelayError } from "../../errors.ts";
import type { Runtime } from "../../runtime.ts";
import type { SignIn } from "../../sign-in.ts";
import type { Model } from "../../upstreams/upstream.ts";
import type { Server } from "./servers.ts";

export type Status = "ok" | "warn" | "fail" | "skipped";

export interface Finding {
  readonly status: Status;
  readonly detail: string;
  /** The one thing to do. */
  readonly next?: string | undefined;
}

export interface NamedFinding extends Finding {
  readonly name: string;
}

export interface Patient {
  readonly loaded: LoadedConfig;
  readonly runtime: Runtime;
  readonly signIn: SignIn;
  /** The upstream and the login server; one entry where both are the same. */
  readonly servers: readonly Server[];
  /** May a check spend some of the plan? */
  readonly isLive: boolean;
  /** The limit of each step over the network. */
  readonly stepMs: number;
  /** What earlier checks leave for later ones. */
  readonly learned: Learned;
}

export interface Learned {
  /** A server's clock against ours: milliseconds that ours is ahead. */
  readonly aheadMs: Map<string, number>;
  models: readonly Model[];
}

export interface Check {
  readonly name: string;
  /** Names of earlier checks without which this one means nothing. */
  readonly needs: readonly string[];
  /** False where there is nothing to find out: the check is not listed then. */
  readonly applies?: (patient: Patient) => boolean;
  readonly run: (patient: Patient) => Promise<Finding>;
}

/** No check takes longer: each has limits of its own, and this is for what they forgot. */
const longestMs = 120_000;

/**
 * Every finding in order, told as soon as it is there. `config` comes first and is found by the
 * caller; without a patient, nothing else can be looked at.
 */
export async function examine(
  checks: readonly Check[],
  config: Finding,
  patient: Patient | undefined,
  onFinding: (finding: NamedFinding) => void,
): Promise<readonly NamedFinding[]> {
  const findings: NamedFinding[] = [];
  const blocked = new Set<string>();
  const add = (name: string, finding: Finding, isBlocking: boolean): void => {
    if (isBlocking) blocked.add(name);
    const named = { name, ...finding, detail: withoutStep(finding) };
    findings.push(named);
    onFinding(named);
  };
  add("config", config, patient === undefined);
  for (const { name, needs, applies, run } of checks) {
    if (patient !== undefined && applies?.(patient) === false) continue;
    const missing = ["config", ...needs].find((need) => blocked.has(need));
    if (missing !== undefined || patient === undefined) {
      const detail = `Not checked: it needs \`${missing ?? "config"}\`.`;
      add(name, { status: "skipped", detail }, true);
      continue;
    }
    const finding = await inTime(run(patient)).catch(toFinding);
    add(name, finding, finding.status === "fail");
  }
  return findings;
}

/** Messages end in the step to take; here it has a place of its own. */
function withoutStep({ detail, next }: Finding): string {
  const step = ` Run: ${next}`;
  return detail.endsWith(step) ? detail.slice(0, -step.length) : detail;
}

/** A check that throws has failed; the error says why and what to do. */
export function toFinding(thrown: unknown): Finding {
  const error = toRelayError(thrown);
  if (error.code === "internal_error") {
    return {
      status: "fail",
      detail: "This check failed in a way that it does not know.",
      next: "Report it as a defect of airelays, with the output of this command",
    };
  }
  const { hint } = error.details;
  return { status: "fail", detail: error.message, next: hint };
}

async function inTime(finding: Promise<Finding>): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    const detail = `No result within ${longestMs / 1000} s.`;
    timer = setTimeout(resolve, longestMs, { status: "fail", detail });
  });
  try {
    return await Promise.race([finding, late]);
  } finally {
    clearTimeout(timer);
  }
}
