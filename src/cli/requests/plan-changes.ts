/** Notices when the windows of the plan have changed, as far as a person would: by a whole percent. */
import { type PlanWindow, windowsOfHeaders } from "../../upstreams/chatgpt/plan-windows.ts";
import { formatMoment } from "../moment.ts";
import { leftOf } from "../plan.ts";
import { formatPairs } from "./request-line.ts";

/** The windows that the headers tell, when they say something new; `now` in milliseconds. */
export function createPlanChanges(): (
  headers: Readonly<Record<string, string>>,
  now: number,
) => readonly PlanWindow[] | undefined {
  let known = "";
  return (headers, now) => {
    const windows = windowsOfHeaders(headers, now);
    const said = windows
      .map(({ name, usedPercent }) => `${name} ${Math.floor(usedPercent)}`)
      .join();
    if (windows.length === 0 || said === known) return undefined;
    known = said;
    return windows;
  };
}

/** `Plan: 5h 88 % left until 20:30; weekly 66 % left until Tue 24 Nov 20:18`. */
export function formatPlanLine(windows: readonly PlanWindow[], now: number): string {
  const told = windows.map((window) => {
    const { name, resetsAt } = window;
    const reset = resetsAt === undefined ? "" : ` until ${formatMoment(resetsAt, now)}`;
    return `${name} ${leftOf(window)} % left${reset}`;
  });
  return `Plan: ${told.join("; ")}`;
}

/** A line of `name=value` for each window. */
export function formatPlanRecords(windows: readonly PlanWindow[]): string {
  return windows
    .map(({ name, usedPercent, resetsAt }) => {
      const at = resetsAt === undefined ? undefined : new Date(resetsAt).toISOString();
      return `plan ${formatPairs({ window: name, used_percent: usedPercent, resets_at: at })}\n`;
    })
    .join("");
}
