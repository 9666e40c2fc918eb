/** What a person is shown of the sign-in: who, until when, and what is wrong with it. Pure. */
import type { AuthStatus } from "../auth/auth-status.ts";
import { type Field, formatSeconds, maskEmail } from "./render.ts";

export function authFields(auth: AuthStatus, now: number): Field[] {
  const { refresh_failure: failure, error } = auth;
  return [
    {
      label: "Ready",
      value: auth.ready_for_requests ? "yes" : "no",
      tone: auth.ready_for_requests ? "good" : "bad",
    },
    ...(error === null ? [] : [{ label: "Problem", value: error.message, tone: "bad" } as const]),
    ...(failure === null
      ? []
      : [
          {
            label: "Ended",
            value: `${ago(failure.since, now)}: ${failure.message}`,
            tone: "bad",
          } as const,
        ]),
    { label: "Account", value: maskEmail(auth.email) },
    { label: "Plan", value: auth.plan_type },
    { label: "Signed in by", value: auth.login_method },
    { label: "Token issued", value: auth.issued_at && ago(auth.issued_at, now) },
    { label: "Token ends", value: auth.expires_at && ahead(auth.expires_at, now) },
    { label: "Last refresh", value: auth.last_refresh && ago(auth.last_refresh, now) },
    { label: "Kept in", value: `${auth.auth_store_path} (${auth.storage_mode})` },
  ];
}

/** `2026-06-01 10:00 UTC, 3 days ago`. */
function ago(moment: string, now: number): string {
  return `${minuteOf(moment)}, ${formatSeconds((now - Date.parse(moment)) / 1000)} ago`;
}

function ahead(moment: string, now: number): string {
  const seconds = (Date.parse(moment) - now) / 1000;
  return seconds < 0 ? ago(moment, now) : `${minuteOf(moment)}, in ${formatSeconds(seconds)}`;
}

function minuteOf(moment: string): string {
  return `${moment.slice(0, 16).replace("T", " ")} UTC`;
}
