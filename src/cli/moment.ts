/** Moments as a person reads them: the clock on their wall, and how far away that is. Pure. */
import { formatSeconds } from "./render.ts";

/** `20:18, in 2 hours`, with the day when it is another one; local time unless a zone is named. */
export function formatAhead(at: number, now: number, timeZone?: string): string {
  const time = formatMoment(at, now, timeZone);
  return at <= now ? `${time}, now` : `${time}, in ${formatSeconds((at - now) / 1000)}`;
}

/** `20:18` today, `Tue 24 Nov 20:18` on any other day. */
export function formatMoment(at: number, now: number, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const day = new Intl.DateTimeFormat("en-GB", {
    ...zone,
    weekday: "short",
    day: "numeric",
    month: "short",
  });
  const time = formatClock(at, timeZone).slice(0, 5);
  if (day.format(at) === day.format(now)) return time;
  // Some versions of the locale put a comma behind the weekday.
  return `${day.format(at).replace(",", "")} ${time}`;
}

/** `20:18:05`. */
export function formatClock(at: number, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  return new Intl.DateTimeFormat("en-GB", { ...zone, timeStyle: "medium" }).format(at);
}
