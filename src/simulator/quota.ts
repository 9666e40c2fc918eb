/** How much of the plan is spent: the same numbers as headers, as the usage endpoint and as a 429. */
import type { Clock } from "../scope.ts";
import { account } from "./account.ts";
import { uuidFrom } from "./digest.ts";
import { jsonAnswer, type WholeAnswer } from "./exchange.ts";
import type { Faults } from "./faults.ts";
import type { JsonObject } from "./json.ts";
import { modelsEtag } from "./models.ts";

export interface Quota {
  /** The headers of every 200 and 429 of the model endpoints. */
  headers(seed: string, options?: { readonly spent: boolean }): Record<string, string>;
  /** The body of `GET /wham/usage`. */
  usage(): unknown;
  /** The same numbers as the first frame of a turn over a WebSocket. */
  notice(): JsonObject;
  /** The 429 of a spent plan. */
  limitReached(seed: string): WholeAnswer;
}

export type QuotaShape = "both" | "weekly";

interface Window {
  readonly usedPercent: number;
  readonly minutes: number;
  readonly resetAfterSeconds: number;
}

const fiveHours: Window = { usedPercent: 12, minutes: 300, resetAfterSeconds: 9_000 };
const week: Window = { usedPercent: 34, minutes: 10_080, resetAfterSeconds: 282_600 };
const sparkWindow: Window = { usedPercent: 0, minutes: 10_080, resetAfterSeconds: 604_800 };

export function createQuota(options: {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly shape: QuotaShape;
}): Quota {
  const { clock, faults, shape } = options;
  const now = (): number => Math.floor(clock.now() / 1000);
  const windows = (spent: boolean): { primary: Window; secondary: Window | undefined } => {
    const primary = shape === "both" ? fiveHours : week;
    return {
      primary: spent ? { ...primary, usedPercent: 100 } : primary,
      secondary: shape === "both" ? week : undefined,
    };
  };
  const isExhausted = (): boolean => faults.state.usage === "exhausted";

  const headers: Quota["headers"] = (seed, { spent } = { spent: false }) => {
    const { primary, secondary } = windows(spent || isExhausted());
    return {
      ...edgeHeaders(seed),
      "x-models-etag": modelsEtag,
      "x-codex-plan-type": account.plan,
      "x-codex-active-limit": "premium",
      ...windowHeaders("x-codex-primary", primary, now()),
      "x-codex-primary-over-secondary-limit-percent": "0",
      ...windowHeaders("x-codex-secondary", secondary, now()),
      // The backend prints Python's booleans.
      "x-codex-credits-has-credits": "False",
      "x-codex-credits-unlimited": "False",
      "x-codex-credits-balance": "",
      ...windowHeaders("x-codex-bengalfox-primary", sparkWindow, now()),
      ...windowHeaders("x-codex-bengalfox-secondary", undefined, now()),
      "x-codex-bengalfox-limit-name": "GPT-5.3-Codex-Spark",
    };
  };

  return {
    headers,
    usage() {
      const reached = isExhausted();
      const { primary, secondary } = windows(reached);
      const rateLimit = (first: Window, second: Window | undefined, isReached: boolean) => ({
        allowed: !isReached,
        limit_reached: isReached,
        primary_window: usageWindow(first, now()),
        secondary_window: second === undefined ? null : usageWindow(second, now()),
      });
      return {
        user_id: account.userId,
        account_id: account.id,
        email: account.email,
        plan_type: account.plan,
        rate_limit: rateLimit(primary, secondary, reached),
        code_review_rate_limit: null,
        additional_rate_limits: [
          {
            limit_name: "GPT-5.3-Codex-Spark",
            metered_feature: "codex_bengalfox",
            rate_limit: rateLimit(sparkWindow, undefined, false),
            normal_model_slug: null,
          },
        ],
        model_usage: {},
        credits: {
          has_credits: false,
          unlimited: false,
          overage_limit_reached: false,
          balance: "0",
          approx_local_messages: [0, 0],
          approx_cloud_messages: [0, 0],
        },
        spend_control: { reached: false, individual_limit: null },
        rate_limit_reached_type: reached ? { type: "rate_limit_reached" } : null,
        promo: null,
        rate_limit_reset_credits: { available_count: 0, applicable_available_count: 0 },
      };
    },
    notice() {
      const reached = isExhausted();
      const { primary, secondary } = windows(reached);
      return {
        type: "codex.rate_limits",
        plan_type: account.plan,
        rate_limits: {
          allowed: !reached,
          limit_reached: reached,
          primary: noticeWindow(primary, now()),
          secondary: secondary === undefined ? null : noticeWindow(secondary, now()),
        },
        code_review_rate_limits: null,
        additional_rate_limits: null,
        credits: { has_credits: false, unlimited: false, balance: "0" },
        promo: null,
      };
    },
    limitReached(seed) {
      const { primary } = windows(true);
      return jsonAnswer(
        429,
        {
          error: {
            type: "usage_limit_reached",
            message: "The usage limit has been reached",
            plan_type: account.plan,
            resets_at: now() + primary.resetAfterSeconds,
            eligible_promo: null,
            resets_in_seconds: primary.resetAfterSeconds,
            limit_window_minutes: primary.minutes,
          },
        },
        {
          ...headers(seed, { spent: true }),
          "x-codex-rate-limit-reached-type": "rate_limit_reached",
        },
      );
    },
  };
}

/** What the edge in front of the backend adds to every answer. */
export function edgeHeaders(seed: string): Record<string, string> {
  return {
    "x-oai-request-id": uuidFrom("request", seed),
    "cf-ray": `${uuidFrom("ray", seed).replaceAll("-", "").slice(0, 16)}-SIM`,
    "cf-cache-status": "DYNAMIC",
    server: "cloudflare",
    "set-cookie": "__cf_bm=stand-in; path=/; HttpOnly; Secure; SameSite=None",
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin-allow-popups",
    "x-openai-proxy-wasm": "v0.1",
  };
}

function windowHeaders(
  prefix: string,
  window: Window | undefined,
  now: number,
): Record<string, string> {
  // A window that the plan does not have is not left out: it is zeros and an empty reset.
  return {
    [`${prefix}-used-percent`]: String(window?.usedPercent ?? 0),
    [`${prefix}-window-minutes`]: String(window?.minutes ?? 0),
    [`${prefix}-reset-at`]: window === undefined ? "" : String(now + window.resetAfterSeconds),
    [`${prefix}-reset-after-seconds`]: String(window?.resetAfterSeconds ?? 0),
  };
}

function noticeWindow(window: Window, now: number) {
  const { limit_window_seconds: seconds, ...facts } = usageWindow(window, now);
  return { ...facts, window_minutes: seconds / 60 };
}

function usageWindow(window: Window, now: number) {
  return {
    used_percent: window.usedPercent,
    limit_window_seconds: window.minutes * 60,
    reset_after_seconds: window.resetAfterSeconds,
    reset_at: now + window.resetAfterSeconds,
  };
}
