/** How much of the plan is left, asked of the upstream, and in the JSON that scripts read. */
import type { LoadedConfig } from "../config/load.ts";
import { type ErrorCode, RelayError, toRelayError } from "../errors.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { Runtime } from "../runtime.ts";
import type { SignIn } from "../sign-in.ts";
import {
  bindingWindow,
  type PlanUse,
  type PlanWindow,
  planUseOf,
} from "../upstreams/chatgpt/plan-windows.ts";

export interface Plan extends PlanUse {
  readonly capturedAt: number;
}

/** Why the plan is not known: nobody was asked, or the asking failed. */
export interface UnknownPlan {
  readonly code: ErrorCode | "not_asked";
  readonly message: string;
}

/** Rejects with the RelayError of the call, or with `upstream_timeout` after `limitMs`. */
export async function askPlan(
  { config }: LoadedConfig,
  runtime: Runtime,
  { session }: SignIn,
  limitMs: number,
): Promise<Plan> {
  // A command that asks nobody does not load what asks.
  const { connectUpstream } = await import("../upstream-connection.ts");
  const connection = connectUpstream(config, runtime, session);
  const signal = AbortSignal.timeout(limitMs);
  try {
    const use = planUseOf(await connection.upstream.usage(signal));
    if (use.windows.length === 0 && !use.isSpent) {
      throw new RelayError("upstream_failed", "The upstream tells no window of the plan.");
    }
    return { ...use, capturedAt: runtime.clock.now() };
  } catch (error) {
    if (!signal.aborted) throw error;
    const seconds = limitMs / 1000;
    const message = `ChatGPT did not tell the plan's windows within ${seconds} seconds.`;
    throw new RelayError("upstream_timeout", message, { cause: error });
  } finally {
    await connection.close();
  }
}

export function toUnknownPlan(error: unknown): UnknownPlan {
  const { code, message } = toRelayError(error);
  return { code, message };
}

export function isKnown(plan: Plan | UnknownPlan): plan is Plan {
  return "windows" in plan;
}

/** What is left of a window, in percent. */
export function leftOf({ usedPercent }: PlanWindow): number {
  return Math.round((100 - usedPercent) * 100) / 100;
}

/** The `quota` object of `status --json` and `quota --json`. */
export function toQuotaJson(plan: Plan | UnknownPlan): JsonObject {
  if (!isKnown(plan)) {
    return {
      known: false,
      problem: { code: plan.code, message: plan.message },
      captured_at: null,
      plan_type: null,
      limit_reached: null,
      binding_window: null,
      windows: [],
    };
  }
  const binding = bindingWindow(plan.windows);
  return {
    known: true,
    problem: null,
    captured_at: new Date(plan.capturedAt).toISOString(),
    plan_type: plan.planType ?? null,
    limit_reached: plan.isSpent,
    binding_window: binding?.name ?? null,
    windows: plan.windows.map((window) => ({
      window: window.name,
      of: window.of ?? null,
      used_percent: window.usedPercent,
      remaining_percent: leftOf(window),
      window_minutes: window.minutes ?? null,
      resets_at: window.resetsAt === undefined ? null : new Date(window.resetsAt).toISOString(),
      binding: window === binding,
    })),
  };
}
