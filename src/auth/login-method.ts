/**
 * The seat of a way to sign in. A method brings a person's consent to a login and saves nothing:
 * the caller shows whose account it is before it replaces what is stored.
 */
import { RelayError } from "../errors.ts";
import type { Credentials } from "./credentials.ts";

export interface LoginMethod {
  readonly name: "browser" | "device";
  /** Resolves with a login that is not stored yet; rejects with `cancelled` when the signal aborts. */
  signIn(signal: AbortSignal): Promise<Credentials>;
}

/** Waits; rejects when the signal aborts. The timer of `node:timers/promises` in production. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** Should `login` use the device code because a browser here could not reach this machine? */
export function prefersDeviceLogin(machine: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}): boolean {
  const { env, platform } = machine;
  const isSet = (name: string): boolean => (env[name] ?? "") !== "";
  if (isSet("SSH_CONNECTION") || isSet("SSH_TTY")) return true;
  // podman and systemd-nspawn set `container`; the others are hosted or editor containers.
  const containers = ["container", "KUBERNETES_SERVICE_HOST", "CODESPACES", "REMOTE_CONTAINERS"];
  if (containers.some(isSet)) return true;
  return platform === "linux" && !isSet("DISPLAY") && !isSet("WAYLAND_DISPLAY");
}

/** Refuses a login of another workspace than the configured one, or of none at all. */
export function requireAccount(credentials: Credentials, workspaceId: string | undefined): void {
  if (credentials.accountId === undefined) {
    throw new RelayError(
      "login_failed",
      "The sign-in names no ChatGPT account. Sign in with an account that has a ChatGPT plan.",
    );
  }
  if (workspaceId !== undefined && credentials.accountId !== workspaceId) {
    throw new RelayError(
      "login_failed",
      `The sign-in is for workspace \`${credentials.accountId}\`, but \`${workspaceId}\` is required. Choose that workspace when you sign in.`,
    );
  }
}

/** The error of a sign-in that the person ended. */
export function signInCancelled(): RelayError {
  return new RelayError("cancelled", "Sign-in cancelled. Nothing was stored.");
}
