/** The keyring that seals the login, and the login itself. Asks no server. */
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { AuthStatus } from "../../auth/auth-status.ts";
import { keyringService } from "../../auth/sealed-store.ts";
import { toRelayError } from "../../errors.ts";
import { formatSeconds, maskEmail } from "../render.ts";
import type { Check, Finding } from "./check.ts";

export const keyring: Check = {
  name: "keyring",
  needs: [],
  async run({ loaded, signIn }) {
    const { auth, paths } = loaded.config;
    if (auth.storage === "file") {
      return { status: "skipped", detail: "`auth.storage` is `file`: no keyring is used." };
    }
    const sealed = await lstat(join(paths.dataDir, "auth.sealed")).catch(() => undefined);
    try {
      // Nothing is written: an entry that is not there is asked for.
      await signIn.keyring.get(keyringService, "doctor");
    } catch (error) {
      const isNeeded = sealed !== undefined || auth.storage === "keyring";
      return unavailable(toRelayError(error).message, isNeeded);
    }
    if (sealed === undefined) {
      return { status: "ok", detail: "It answers; no login is sealed with it yet." };
    }
    try {
      await signIn.store.load();
      return { status: "ok", detail: "It answers, and holds the key of the login." };
    } catch (error) {
      const { message } = toRelayError(error);
      // Some keyrings answer while they are locked, and say that they hold nothing.
      if (!/locked|no longer holds/.test(message)) {
        return { status: "ok", detail: "It answers." };
      }
      return {
        status: "fail",
        detail: "It answers, but does not give the key of the login: it is locked, or is another.",
        next: "Unlock the keyring; if it is, sign in anew: airelays login",
      };
    }
  },
};

/** How a keyring does not serve, read from the store's own message; a file may do in its place. */
function unavailable(message: string, isNeeded: boolean): Finding {
  const [, reason = message] = /is not available: (.*?)\. Unlock or install it/.exec(message) ?? [];
  const [what, remedy] = kindOf(reason);
  if (isNeeded) return { status: "fail", detail: `${what} (${reason}).`, next: remedy };
  return {
    status: "warn",
    detail: `${what} (${reason}). A login is kept in a private file instead.`,
    next: `${remedy}, or settle for the file: \`auth.storage = "file"\``,
  };
}

function kindOf(reason: string): readonly [what: string, remedy: string] {
  if (/not installed|Cannot find module|cannot open shared object/i.test(reason)) {
    return ["No keyring is installed", "Install the keyring of the system (on Linux libsecret)"];
  }
  if (/no answer within/.test(reason)) {
    return ["The keyring does not answer; it may be waiting to be unlocked", "Unlock the keyring"];
  }
  if (/lock/i.test(reason)) return ["The keyring is locked", "Unlock the keyring"];
  if (/org\.freedesktop\.secrets|D-?Bus|DBUS|dbus|autolaunch/i.test(reason)) {
    return ["No keyring service runs in this session", "Start one (such as gnome-keyring)"];
  }
  return ["The keyring failed", "Unlock or install the keyring"];
}

export const signedIn: Check = {
  name: "login",
  needs: ["keyring"],
  run: async ({ signIn, runtime }) =>
    loginFinding(await signIn.session.status(), runtime.clock.now()),
};

/** What the stored login is good for, as far as can be told without asking anybody. */
export function loginFinding(auth: AuthStatus, now: number): Finding {
  const problem = problemOf(auth, now);
  if (problem !== undefined) return { status: "fail", detail: problem, next: "airelays login" };
  const who = [maskEmail(auth.email), auth.plan_type].filter((each) => each !== null).join(", ");
  const left = auth.expires_at === null ? undefined : (Date.parse(auth.expires_at) - now) / 1000;
  const ends =
    left === undefined
      ? ""
      : left > 0
        ? `; its token ends in ${formatSeconds(left)}, and is renewed before`
        : "; its token has ended, and is renewed at the next call";
  return { status: "ok", detail: `${who === "" ? "Signed in" : who}${ends}.` };
}

function problemOf(auth: AuthStatus, now: number): string | undefined {
  const { error, refresh_failure: failure } = auth;
  if (error !== null) return error.message;
  if (auth.mode === "api_key_only") {
    return "Only an API key is stored, and this relay works with a ChatGPT sign-in.";
  }
  if (!auth.authenticated) return "Not signed in to ChatGPT.";
  if (auth.bound_account_id === null) return "The stored sign-in is bound to no account.";
  if (!auth.account_bound) {
    return "The stored sign-in is for another account than the one that signed in here.";
  }
  if (failure !== null) {
    const ago = formatSeconds((now - Date.parse(failure.since)) / 1000);
    return `The sign-in ended ${ago} ago (${failure.since}): ${failure.message}`;
  }
  if (auth.ready_for_requests) return undefined;
  return "The stored sign-in has ended, and has nothing to renew it with.";
}
