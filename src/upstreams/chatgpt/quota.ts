/** The plan's usage windows, from `/wham/usage` (upstream.md 7.3) to the shape that scripts read. */

import { asNumber, asString, isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { HttpAnswer } from "../http.ts";

const labels = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "m"],
] as const;

/** `weekly`, or the largest unit that divides the window: `5h`, `2d`, `90s`. */
export function windowLabel(seconds: number | null): string | null {
  if (seconds === null) return null;
  if (seconds === 604_800) return "weekly";
  const [size, unit] = labels.find(([length]) => seconds % length === 0) ?? [1, "s"];
  return `${seconds / size}${unit}`;
}

/** The headers of an answer that tell how much of the plan's windows is used (upstream.md 6.1). */
export function planHeaders(answer: Pick<HttpAnswer, "header">): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const names of windowHeaders) {
    for (const name of names) {
      const value = answer.header(name);
      if (value !== undefined && /^\d+(\.\d+)?$/.test(value)) headers[name] = value;
    }
  }
  return addPercent(headers);
}

/** Of each window: how much of it is used, how long it is, and when it begins anew. */
export const windowHeaders = ["primary", "secondary"].map(
  (window) =>
    [
      `x-codex-${window}-used-percent`,
      `x-codex-${window}-window-minutes`,
      `x-codex-${window}-reset-after-seconds`,
    ] as const,
);

/**
 * Adds the window that is nearest to its end under the names that clients of OpenAI read. Plans are
 * metered in percent, so the limit is 100.
 */
function addPercent(headers: Record<string, string>): Record<string, string> {
  let fullest = -1;
  let reset: string | undefined;
  for (const [usedName, minutesName, resetName] of windowHeaders) {
    const used = Number(headers[usedName] ?? -1);
    // A window that the plan does not have is told as zero minutes.
    if (used <= fullest || Number(headers[minutesName] ?? 0) === 0) continue;
    fullest = used;
    reset = headers[resetName];
  }
  if (fullest < 0) return headers;
  headers["x-ratelimit-limit-requests"] = "100";
  headers["x-ratelimit-remaining-requests"] = String(Math.max(0, Math.floor(100 - fullest)));
  if (reset !== undefined) {
    headers["x-ratelimit-reset-requests"] = `${Math.ceil(Number(reset))}s`;
  }
  return headers;
}

/** `object: "subscription_status"`; wrong types become null. `capturedAt` in ms since the epoch. */
export function toSubscriptionStatus(payload: JsonObject, capturedAt: number): JsonObject {
  const additional = Array.isArray(payload["additional_rate_limits"])
    ? payload["additional_rate_limits"].filter(isJsonObject)
    : [];
  return {
    object: "subscription_status",
    captured_at: new Date(capturedAt).toISOString(),
    source: { kind: "chatgpt_subscription", upstream_path: "/backend-api/wham/usage" },
    account: {
      user_id: asString(payload["user_id"]) ?? null,
      account_id: asString(payload["account_id"]) ?? null,
      email: asString(payload["email"]) ?? null,
      plan_type: asString(payload["plan_type"]) ?? null,
    },
    rate_limits: {
      default: toRateLimit(payload["rate_limit"]),
      code_review: toRateLimit(payload["code_review_rate_limit"]),
      additional: additional.map((limit) => ({
        limit_name: asString(limit["limit_name"]) ?? null,
        metered_feature: asString(limit["metered_feature"]) ?? null,
        rate_limit: toRateLimit(limit["rate_limit"]),
      })),
    },
    credits: toCredits(payload["credits"]),
    spend_control: objectOrNull(payload["spend_control"]),
    rate_limit_reached_type: payload["rate_limit_reached_type"] ?? null,
    rate_limit_reset_credits: objectOrNull(payload["rate_limit_reset_credits"]),
  };
}

function toCredits(value: unknown): JsonObject | null {
  if (!isJsonObject(value)) return null;
  return {
    has_credits: booleanOrNull(value["has_credits"]),
    unlimited: booleanOrNull(value["unlimited"]),
    overage_limit_reached: booleanOrNull(value["overage_limit_reached"]),
    balance: asString(value["balance"]) ?? null,
    approx_local_messages: value["approx_local_messages"] ?? null,
    approx_cloud_messages: value["approx_cloud_messages"] ?? null,
  };
}

function objectOrNull(value: unknown): JsonObject | null {
  return isJsonObject(value) ? value : null;
}

function booleanOrNull(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}

function toRateLimit(value: unknown): JsonObject | null {
  if (!isJsonObject(value)) return null;
  return {
    allowed: booleanOrNull(value["allowed"]),
    limit_reached: booleanOrNull(value["limit_reached"]),
    primary_window: toWindow(value["primary_window"]),
    secondary_window: toWindow(value["secondary_window"]),
  };
}

function toWindow(value: unknown): JsonObject | null {
  if (!isJsonObject(value)) return null;
  const used = asNumber(value["used_percent"]) ?? null;
  const seconds = asNumber(value["limit_window_seconds"]) ?? null;
  const resetAt = asNumber(value["reset_at"]) ?? null;
  const resetDate = resetAt === null ? undefined : new Date(resetAt * 1000);
  return {
    used_percent: used,
    remaining_percent:
      used === null ? null : Math.round(Math.min(100, Math.max(0, 100 - used)) * 100) / 100,
    window_seconds: seconds,
    window_minutes: seconds === null ? null : Math.ceil(seconds / 60),
    window_label: windowLabel(seconds),
    reset_after_seconds: asNumber(value["reset_after_seconds"]) ?? null,
    reset_at: resetAt,
    // A time beyond the calendar has no ISO form.
    reset_at_iso: resetDate?.toJSON() ?? null,
  };
}
