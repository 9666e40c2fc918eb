/**
 * Login by device code, in the backend's own form, which is not RFC 8628: polled with 403 until the
 * code is approved on `/codex/device`, then the server itself makes the PKCE pair.
 */
import type { Clock } from "../scope.ts";
import { clientId } from "./account.ts";
import { digest } from "./digest.ts";
import { type Answer, jsonAnswer, plainAnswer, type Received, readFields } from "./exchange.ts";
import type { Faults } from "./faults.ts";
import { challengeOf, type Grants } from "./grants.ts";

export interface DeviceLogin {
  /** The answer, or undefined when the path is not one of these. */
  answer(received: Received): Answer | undefined;
}

export interface DeviceLoginOptions {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly grants: Grants;
  readonly scope: string;
}

const lifetimeMs = 15 * 60_000;
const remembered = 1000;
/** Without the letters and digits that people mix up. */
const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const callbackForm = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?\/deviceauth\/callback$/;

export function createDeviceLogin({
  clock,
  faults,
  grants,
  scope,
}: DeviceLoginOptions): DeviceLogin {
  const pending = new Map<
    string,
    { readonly id: string; readonly expiresAt: number; approved: boolean }
  >();
  let serial = 0;

  const start = (received: Received): Answer => {
    if (faults.state.device === "disabled") return jsonAnswer(404, { detail: "Not Found" });
    if (readFields(received)?.get("client_id") !== clientId) {
      return jsonAnswer(400, { error: { message: "Unknown client.", code: "invalid_client" } });
    }
    serial += 1;
    const id = `deviceauth_${digest("device", String(serial), String(clock.now())).slice(0, 32)}`;
    const userCode = userCodeFrom(id);
    const expiresAt = clock.now() + lifetimeMs;
    pending.set(userCode, { id, expiresAt, approved: false });
    const oldest = pending.keys().next();
    if (pending.size > remembered && !oldest.done) pending.delete(oldest.value);
    return jsonAnswer(200, {
      device_auth_id: id,
      user_code: userCode,
      // A string upstream too; a client that wants a number falls over here first.
      interval: "5",
      expires_at: new Date(expiresAt).toISOString(),
    });
  };

  const poll = (received: Received): Answer => {
    if (faults.state.device === "deny") return pollRefusal(400, "access_denied");
    if (faults.state.device === "slow_down") return pollRefusal(400, "slow_down");
    const fields = readFields(received);
    const userCode = fields?.get("user_code") ?? "";
    const entry = pending.get(userCode);
    if (
      entry === undefined ||
      entry.id !== fields?.get("device_auth_id") ||
      clock.now() >= entry.expiresAt
    ) {
      return pollRefusal(403, "deviceauth_authorization_unknown");
    }
    if (!entry.approved) return pollRefusal(403, "deviceauth_authorization_pending");
    pending.delete(userCode);
    const verifier = digest("verifier", entry.id);
    const challenge = challengeOf(verifier);
    const code = grants.open({
      challenge,
      scope,
      acceptsRedirect: (uri) => callbackForm.test(uri),
    });
    return jsonAnswer(200, {
      authorization_code: code,
      code_challenge: challenge,
      code_verifier: verifier,
    });
  };

  const approve = (received: Received): Answer => {
    const userCode = (readFields(received)?.get("user_code") ?? "").trim().toUpperCase();
    const entry = pending.get(userCode);
    if (entry === undefined || clock.now() >= entry.expiresAt) {
      return page(404, `The code <b>${escapeHtml(userCode)}</b> is unknown or expired.`, "");
    }
    entry.approved = true;
    return page(200, "Approved. The program that asked is signed in at its next poll.");
  };

  return {
    answer(received) {
      switch (`${received.method} ${received.url.pathname}`) {
        case "POST /api/accounts/deviceauth/usercode":
          return start(received);
        case "POST /api/accounts/deviceauth/token":
          return poll(received);
        case "GET /codex/device":
          return page(
            200,
            "Type the code that the program shows.",
            received.url.searchParams.get("user_code") ?? "",
          );
        case "POST /codex/device":
          return approve(received);
        default:
          return undefined;
      }
    },
  };
}

function pollRefusal(status: number, code: string): Answer {
  return jsonAnswer(status, { error: { code } });
}

function userCodeFrom(seed: string): string {
  const bytes = Buffer.from(digest("user code", seed), "hex");
  const letters = Array.from(
    bytes.subarray(0, 9),
    (byte) => alphabet[byte % alphabet.length] ?? "A",
  );
  return `${letters.slice(0, 4).join("")}-${letters.slice(4).join("")}`;
}

function page(status: number, message: string, userCode?: string): Answer {
  const form =
    userCode === undefined
      ? ""
      : `<form method="post" action="/codex/device"><label>Code <input name="user_code" autocomplete="off" value="${escapeHtml(userCode)}"></label> <button>Approve</button></form>`;
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Stand-in login</title>
<h1>Stand-in login</h1>
<p>This is the airelays stand-in on this machine. It is not ChatGPT and there is no AI behind it.</p>
<p>${message}</p>
${form}</html>
`;
  return plainAnswer(status, html, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
  });
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
