import { describe, expect, it } from "vitest";
import {
  bindingWindow,
  type PlanWindow,
  planUseOf,
  windowsOfHeaders,
} from "../../../src/upstreams/chatgpt/plan-windows.ts";

const window = (used_percent: number, limit_window_seconds: number) => ({
  used_percent,
  limit_window_seconds,
  reset_after_seconds: 60,
  reset_at: 1_788_862_420,
});
const resetsAt = 1_788_862_420_000;

describe("planUseOf", () => {
  it("reads every window, and whose it is", () => {
    expect(
      planUseOf({
        plan_type: "business",
        rate_limit: { allowed: true, primary_window: window(12, 18_000), secondary_window: null },
        code_review_rate_limit: { primary_window: window(5, 604_800) },
        additional_rate_limits: [
          { limit_name: "Spark", rate_limit: { primary_window: window(0, 604_800) } },
          { metered_feature: "other", rate_limit: { primary_window: window(-1, 2_592_000) } },
        ],
        spend_control: {
          reached: false,
          individual_limit: { used_percent: 200, reset_at: "soon" },
        },
      }),
    ).toEqual({
      planType: "business",
      isSpent: false,
      windows: [
        { name: "5h", of: undefined, usedPercent: 12, minutes: 300, resetsAt },
        {
          name: "spending",
          of: undefined,
          usedPercent: 100,
          minutes: undefined,
          resetsAt: undefined,
        },
        { name: "weekly", of: "code review", usedPercent: 5, minutes: 10_080, resetsAt },
        { name: "weekly", of: "Spark", usedPercent: 0, minutes: 10_080, resetsAt },
        { name: "30d", of: "other", usedPercent: 0, minutes: 43_200, resetsAt },
      ],
    });
  });

  it.each([
    [{ rate_limit: { limit_reached: true } }],
    [{ rate_limit: { allowed: false } }],
    [{ spend_control: { reached: true } }],
  ])("knows that a plan is spent from %j", (payload) => {
    expect(planUseOf(payload)).toEqual({ planType: undefined, windows: [], isSpent: true });
  });

  it("makes nothing of what it does not know", () => {
    expect(
      planUseOf({
        rate_limit: { primary_window: { used_percent: "12" }, secondary_window: 3 },
        additional_rate_limits: null,
        spend_control: [],
      }),
    ).toEqual({ planType: undefined, windows: [], isSpent: false });
  });
});

describe("windowsOfHeaders", () => {
  it("reads the windows that the plan has", () => {
    expect(
      windowsOfHeaders(
        {
          "x-codex-primary-used-percent": "12.5",
          "x-codex-primary-window-minutes": "300",
          "x-codex-primary-reset-after-seconds": "90",
          "x-codex-secondary-used-percent": "0",
          "x-codex-secondary-window-minutes": "0",
        },
        1_000,
      ),
    ).toEqual([{ name: "5h", of: undefined, usedPercent: 12.5, minutes: 300, resetsAt: 91_000 }]);
  });

  it.each([undefined, "9".repeat(15), "9".repeat(400)])(
    "tells no time of a reset that no calendar has (%#)",
    (after) => {
      const headers = {
        "x-codex-primary-used-percent": "1",
        "x-codex-primary-window-minutes": "300",
        ...(after === undefined ? {} : { "x-codex-primary-reset-after-seconds": after }),
      };
      expect(windowsOfHeaders(headers, 1_000)).toMatchObject([{ name: "5h", resetsAt: undefined }]);
    },
  );
});

describe("bindingWindow", () => {
  const make = (name: string, usedPercent: number, of?: string, at = 1): PlanWindow => ({
    name,
    of,
    usedPercent,
    minutes: 1,
    resetsAt: at,
  });

  it.each<[string, PlanWindow[], string | undefined]>([
    ["the fullest", [make("5h", 12), make("weekly", 34)], "weekly"],
    [
      "of two as full the one that resets later",
      [make("5h", 9, undefined, 5), make("weekly", 9, undefined, 9)],
      "weekly",
    ],
    ["never that of a single model", [make("5h", 12), make("weekly", 99, "Spark")], "5h"],
    ["none without windows", [], undefined],
  ])("is %s", (_, windows, name) => {
    expect(bindingWindow(windows)?.name).toBe(name);
  });
});
