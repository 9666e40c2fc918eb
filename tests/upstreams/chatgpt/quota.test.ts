import { describe, expect, it } from "vitest";
import {
  planHeaders,
  toSubscriptionStatus,
  windowLabel,
} from "../../../src/upstreams/chatgpt/quota.ts";

describe("windowLabel", () => {
  it.each([
    [604_800, "weekly"],
    [172_800, "2d"],
    [18_000, "5h"],
    [1_800, "30m"],
    [90, "90s"],
    [null, null],
  ])("calls %s seconds %s", (seconds, label) => {
    expect(windowLabel(seconds)).toBe(label);
  });
});

describe("planHeaders", () => {
  it("passes the windows on, and tells the fullest in percent under OpenAI's names", () => {
    const given: Record<string, string> = {
      "x-codex-primary-used-percent": "12.5",
      "x-codex-primary-window-minutes": "300",
      "x-codex-primary-reset-after-seconds": "99",
      "x-codex-secondary-used-percent": "40",
      "x-codex-secondary-window-minutes": "10080",
      "x-codex-secondary-reset-after-seconds": "1698",
      "x-codex-credits-balance": "5",
    };
    const { "x-codex-credits-balance": _other, ...windows } = given;
    expect(planHeaders({ header: (name) => given[name] })).toEqual({
      ...windows,
      "x-ratelimit-limit-requests": "100",
      "x-ratelimit-remaining-requests": "60",
      "x-ratelimit-reset-requests": "1698s",
    });
  });

  it("knows a window that the plan does not have, and headers that are none", () => {
    const given: Record<string, string> = {
      "x-codex-primary-used-percent": "0",
      "x-codex-primary-window-minutes": "0",
      "x-codex-primary-reset-after-seconds": "soon\r\nx: y",
    };
    expect(planHeaders({ header: (name) => given[name] })).toEqual({
      "x-codex-primary-used-percent": "0",
      "x-codex-primary-window-minutes": "0",
    });
  });
});

describe("toSubscriptionStatus", () => {
  it("names the windows, and makes null of what is missing or of a wrong type", () => {
    const status = toSubscriptionStatus(
      {
        user_id: "user-1",
        account_id: 3,
        email: "a@example.invalid",
        plan_type: "pro",
        rate_limit: {
          allowed: true,
          limit_reached: false,
          primary_window: {
            used_percent: 17.256,
            limit_window_seconds: 604_800,
            reset_after_seconds: 9,
            reset_at: 1_788_862_420,
          },
          secondary_window: null,
        },
        additional_rate_limits: null,
        credits: { has_credits: false, unlimited: false, balance: "0" },
      },
      0,
    );
    expect(status).toEqual({
      object: "subscription_status",
      captured_at: "1970-01-01T00:00:00.000Z",
      source: { kind: "chatgpt_subscription", upstream_path: "/backend-api/wham/usage" },
      account: {
        user_id: "user-1",
        account_id: null,
        email: "a@example.invalid",
        plan_type: "pro",
      },
      rate_limits: {
        default: {
          allowed: true,
          limit_reached: false,
          primary_window: {
            used_percent: 17.256,
            remaining_percent: 82.74,
            window_seconds: 604_800,
            window_minutes: 10_080,
            window_label: "weekly",
            reset_after_seconds: 9,
            reset_at: 1_788_862_420,
            reset_at_iso: "2026-09-08T10:13:40.000Z",
          },
          secondary_window: null,
        },
        code_review: null,
        additional: [],
      },
      credits: {
        has_credits: false,
        unlimited: false,
        overage_limit_reached: null,
        balance: "0",
        approx_local_messages: null,
        approx_cloud_messages: null,
      },
      spend_control: null,
      rate_limit_reached_type: null,
      rate_limit_reset_credits: null,
    });
  });

  it("survives a payload with nothing in it", () => {
    expect(toSubscriptionStatus({}, 0)).toMatchObject({
      account: { email: null },
      rate_limits: { default: null, additional: [] },
      credits: null,
    });
  });
});
