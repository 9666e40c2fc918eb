/** The faults that a test switches on from outside, and what their request may say. */
import { isObject } from "./json.ts";

const settings = {
  refresh: ["none", "expired", "reused", "invalidated", "server_error"],
  login: ["none", "denied"],
  device: ["none", "disabled", "deny", "slow_down"],
  usage: ["none", "exhausted"],
  websocket: ["none", "upgrade_required", "forbidden", "server_error", "redirect", "silent"],
} as const;

/** Done at once to every access token issued so far; not a setting that lasts. */
const actions = ["expire", "revoke"] as const;

type Settings = typeof settings;
type FaultState = { [Key in keyof Settings]: Settings[Key][number] };
type AccessTokenAction = (typeof actions)[number];

export interface Faults {
  readonly state: Readonly<FaultState>;
  /** Applies all of the body or nothing of it; what is wrong with it, if something is. */
  apply(body: unknown): { problem: string } | { accessTokens: AccessTokenAction | undefined };
}

/** Every fault off. */
export function createFaults(): Faults {
  const state: FaultState = {
    refresh: "none",
    login: "none",
    device: "none",
    usage: "none",
    websocket: "none",
  };
  return {
    state,
    apply(body) {
      if (!isObject(body)) return { problem: "The body must be a JSON object." };
      const next: Record<string, unknown> = {};
      let accessTokens: AccessTokenAction | undefined;
      for (const [key, value] of Object.entries(body)) {
        const allowed = key === "access_tokens" ? actions : allowedFor(key);
        if (allowed === undefined) {
          return { problem: `\`${key}\` is not a fault. Use one of: ${faultNames().join(", ")}.` };
        }
        if (!allowed.some((one) => one === value)) {
          return { problem: `\`${key}\` must be one of: ${allowed.join(", ")}.` };
        }
        if (key === "access_tokens") accessTokens = actions.find((one) => one === value);
        else next[key] = value;
      }
      // Each value was found in the list of its own key above.
      Object.assign(state, next as Partial<FaultState>);
      return { accessTokens };
    },
  };
}

function allowedFor(key: string): readonly string[] | undefined {
  return Object.entries(settings).find(([name]) => name === key)?.[1];
}

function faultNames(): string[] {
  return [...Object.keys(settings), "access_tokens"];
}
