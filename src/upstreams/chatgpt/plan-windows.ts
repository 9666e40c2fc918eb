/**
 * The windows of the plan as one list, from whichever place told them: the usage endpoint
 * (upstream.md 7.3) or the headers of an answer (6.1). Pure; what a person is shown is not decided here.
 */
import { asNumber, asString, isJsonObject, type JsonObject } from "../../protocol/json.ts";
import { windowHeaders, windowLabel } from "./quota.ts";

export interface PlanWindow {
  /** `5h`, `weekly`, `30d`; `spending` for a business plan's limit in money. */
  readonly name: string;
  /** Whose it is, where it is not the plan's own: a model with a limit of its own, code review. */
  readonly of: string | undefined;
  /** 0 to 100. */
  readonly usedPercent: number;
  readonly minutes: number | undefined;
  /** Milliseconds since 1970. */
  readonly resetsAt: number | undefined;
}

export interface PlanUse {
  readonly planType: string | undefined;
  readonly windows: readonly PlanWindow[];
  /** The upstream says that nothing is taken until a window opens again. */
  readonly isSpent: boolean;
}

/** What `/wham/usage` tells; a part in another form than we know is left out. */
export function planUseOf(payload: JsonObject): PlanUse {
  const { rate_limit: own, spend_control: spending, additional_rate_limits: more } = payload;
  const additional = Array.isArray(more) ? more.filter(isJsonObject) : [];
  return {
    planType: asString(payload["plan_type"]),
    windows: [
      ...windowsOf(own, undefined),
      ...spendingOf(spending),
      ...windowsOf(payload["code_review_rate_limit"], "code review"),
      ...additional.flatMap((limit) =>
        windowsOf(
          limit["rate_limit"],
          asString(limit["limit_name"]) ?? asString(limit["metered_feature"]) ?? "another limit",
        ),
      ),
    ],
    isSpent:
      (isJsonObject(own) && (own["limit_reached"] === true || own["allowed"] === false)) ||
      (isJsonObject(spending) && spending["reached"] === true),
  };
}

/** What the headers of an answer tell; `now` in milliseconds. They are about the plan's own windows. */
export function windowsOfHeaders(
  headers: Readonly<Record<string, string>>,
  now: number,
): readonly PlanWindow[] {
  const windows: PlanWindow[] = [];
  for (const [usedName, minutesName, resetName] of windowHeaders) {
    const fact = (name: string): number => Number(headers[name] ?? Number.NaN);
    const minutes = fact(minutesName);
    const usedPercent = fact(usedName);
    // A window that the plan does not have is told as zero minutes.
    if (Number.isNaN(usedPercent) || !(minutes > 0)) continue;
    windows.push({
      name: windowLabel(minutes * 60) ?? "",
      of: undefined,
      usedPercent: inPercent(usedPercent),
      minutes,
      resetsAt: inCalendar(now + fact(resetName) * 1000),
    });
  }
  return windows;
}

/** The window of the plan's own that ends first at this rate: the fullest, of two the longer one. */
export function bindingWindow(windows: readonly PlanWindow[]): PlanWindow | undefined {
  return windows
    .filter((window) => window.of === undefined)
    .sort((a, b) => b.usedPercent - a.usedPercent || (b.resetsAt ?? 0) - (a.resetsAt ?? 0))[0];
}

function windowsOf(limit: unknown, of: string | undefined): PlanWindow[] {
  if (!isJsonObject(limit)) return [];
  return [limit["primary_window"], limit["secondary_window"]].flatMap((window) => {
    if (!isJsonObject(window)) return [];
    const used = asNumber(window["used_percent"]);
    const seconds = asNumber(window["limit_window_seconds"]);
    if (used === undefined || seconds === undefined || seconds <= 0) return [];
    return [
      {
        name: windowLabel(seconds) ?? "",
        of,
        usedPercent: inPercent(used),
        minutes: Math.ceil(seconds / 60),
        resetsAt: inMilliseconds(window["reset_at"]),
      },
    ];
  });
}

/** A business plan limits what one person may spend. */
function spendingOf(control: unknown): PlanWindow[] {
  const limit = isJsonObject(control) ? control["individual_limit"] : undefined;
  const used = isJsonObject(limit) ? asNumber(limit["used_percent"]) : undefined;
  if (!isJsonObject(limit) || used === undefined) return [];
  const resetsAt = inMilliseconds(limit["reset_at"]);
  return [
    { name: "spending", of: undefined, usedPercent: inPercent(used), minutes: undefined, resetsAt },
  ];
}

function inPercent(used: number): number {
  return Math.min(100, Math.max(0, used));
}

function inMilliseconds(seconds: unknown): number | undefined {
  return inCalendar((asNumber(seconds) ?? Number.NaN) * 1000);
}

/** A time beyond the calendar has no written form. */
function inCalendar(at: number): number | undefined {
  return at > 0 && at <= 8.64e15 ? at : undefined;
}
