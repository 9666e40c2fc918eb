/** The windows of the plan for a person: a line each, with a bar where bars help. Pure. */
import { bindingWindow, type PlanWindow } from "../upstreams/chatgpt/plan-windows.ts";
import { formatAhead } from "./moment.ts";
import { isKnown, leftOf, type Plan, type UnknownPlan } from "./plan.ts";
import type { Field, Tone } from "./render.ts";

export interface PlanView {
  readonly now: number;
  /** Draw bars; they say nothing that the words do not. */
  readonly bars: boolean;
  readonly timeZone?: string;
}

/** Fields of a section `Plan`. */
export function planFields(plan: Plan | UnknownPlan, view: PlanView): Field[] {
  if (!isKnown(plan)) {
    const isFailure = plan.code !== "not_asked";
    const value = `not known: ${plan.message}`;
    return [{ label: "Left", value, ...(isFailure ? { tone: "warn" } : {}) }];
  }
  const binding = bindingWindow(plan.windows);
  const fields = plan.windows.map((window): Field => {
    const left = leftOf(window);
    const bar = view.bars ? `${bar10(left)} ` : "";
    const mark = window === binding && plan.windows.length > 1 ? ", binding" : "";
    return {
      label: `${window.name}${mark}`,
      value: `${bar}${left} % left${ownerOf(window)}${resetOf(window, view)}`,
      tone: toneOf(left),
    };
  });
  if (!plan.isSpent) return fields;
  return [{ label: "Spent", value: "requests are refused for now", tone: "bad" }, ...fields];
}

/** `66 % of the weekly window is left; it resets Tue 24 Nov 20:18, in 3 days`. */
export function describeWindow(window: PlanWindow, view: Omit<PlanView, "bars">): string {
  const at = window.resetsAt;
  const reset = at === undefined ? "" : `; it resets ${formatAhead(at, view.now, view.timeZone)}`;
  const limit = window.name === "spending" ? "spending limit" : `${window.name} window`;
  return `${leftOf(window)} % of the ${limit} is left${reset}`;
}

function ownerOf({ of }: PlanWindow): string {
  return of === undefined ? "" : ` of ${of}`;
}

function resetOf({ resetsAt }: PlanWindow, { now, timeZone }: PlanView): string {
  return resetsAt === undefined ? "" : `; resets ${formatAhead(resetsAt, now, timeZone)}`;
}

/** In ASCII, which every terminal has; never empty while something is left, nor full when some is gone. */
function bar10(left: number): string {
  const full = left >= 100 ? 10 : left <= 0 ? 0 : Math.min(9, Math.max(1, Math.round(left / 10)));
  return `[${"#".repeat(full)}${"-".repeat(10 - full)}]`;
}

function toneOf(left: number): Tone {
  if (left <= 0) return "bad";
  return left < 20 ? "warn" : "good";
}
