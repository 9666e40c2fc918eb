/**
 * Sign-in with a code that the person types on any device: this machine needs no browser and no open
 * port. The exchange is the server's own, not RFC 8628; its last step is an ordinary code exchange.
 */
import { RelayError, toRelayError } from "../errors.ts";
import type { Clock } from "../scope.ts";
import { credentialsOfSignIn } from "./credentials.ts";
import {
  clean,
  type IssuerAnswer,
  type IssuerHttp,
  refusalCode,
  signInRefused,
} from "./issuer-http.ts";
import { type LoginMethod, requireAccount, type Sleep, signInCancelled } from "./login-method.ts";
import type { OAuth } from "./oauth.ts";

export interface DevicePrompt {
  readonly verificationUrl: string;
  readonly userCode: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface DeviceLoginOptions {
  readonly oauth: OAuth;
  readonly http: IssuerHttp;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly onPrompt: (prompt: DevicePrompt) => void;
  /** Before every wait between two polls. */
  readonly onWaiting?: (secondsLeft: number) => void;
  readonly workspaceId?: string | undefined;
  readonly timeoutSeconds?: number;
}

/** The server forgets a code after fifteen minutes. */
const codeLifetimeSeconds = 15 * 60;
/** Polls in a row that may get no answer: a laptop changes networks while a person types a code. */
const toleratedFailures = 5;

interface DeviceCode {
  readonly deviceAuthId: string;
  readonly userCode: string;
  readonly intervalSeconds: number;
}

export function createDeviceLogin(options: DeviceLoginOptions): LoginMethod {
  const { oauth, http, clock, sleep, workspaceId } = options;
  const limitSeconds = Math.min(options.timeoutSeconds ?? codeLifetimeSeconds, codeLifetimeSeconds);
  const endpoint = (name: string): string => `${oauth.issuer}/api/accounts/deviceauth/${name}`;

  const start = async (signal: AbortSignal): Promise<DeviceCode> => {
    const answer = await http.post(endpoint("usercode"), { client_id: oauth.clientId }, signal);
    if (answer.status === 404) {
      throw new RelayError(
        "login_failed",
        "Device sign-in is not enabled at this login server or for this account. Sign in with a browser. Run: airelays login --browser",
        { hint: "airelays login --browser", upstream: { status: 404 } },
      );
    }
    if (answer.status !== 200) throw signInRefused(answer, "Starting the device sign-in");
    return decodeDeviceCode(answer);
  };

  const poll = async (code: DeviceCode, signal: AbortSignal) => {
    const deadline = clock.now() + limitSeconds * 1000;
    // The address is made here and never taken from the answer: it is what the person trusts.
    const verificationUrl = `${oauth.issuer}/codex/device`;
    options.onPrompt({ verificationUrl, userCode: code.userCode, expiresAt: deadline });
    let intervalSeconds = code.intervalSeconds;
    let failures = 0;
    for (;;) {
      const body = { device_auth_id: code.deviceAuthId, user_code: code.userCode };
      const answer = await http.post(endpoint("token"), body, signal).catch((error: unknown) => {
        failures += 1;
        if (signal.aborted || failures > toleratedFailures) throw error;
        return undefined;
      });
      if (answer !== undefined) {
        const verdict = judgePoll(answer);
        if (verdict === "approved") return decodeApproval(answer);
        if (verdict === "unavailable") {
          failures += 1;
          if (failures > toleratedFailures) throw signInRefused(answer, "The device sign-in");
        } else failures = 0;
        if (verdict === "slow down") intervalSeconds += 5;
      }
      const leftMs = deadline - clock.now();
      if (leftMs <= 0) throw expired(limitSeconds);
      options.onWaiting?.(Math.ceil(leftMs / 1000));
      await sleep(Math.min(intervalSeconds * 1000, leftMs), signal);
      if (clock.now() >= deadline) throw expired(limitSeconds);
    }
  };

  const run = async (signal: AbortSignal) => {
    const approval = await poll(await start(signal), signal);
    const redirectUri = `${oauth.issuer}/deviceauth/callback`;
    const grant = await oauth.exchangeCode({ ...approval, redirectUri }, signal);
    const credentials = credentialsOfSignIn(grant, clock.now());
    requireAccount(credentials, workspaceId);
    return credentials;
  };

  return {
    name: "device",
    async signIn(signal) {
      try {
        return await run(signal);
      } catch (error) {
        throw signal.aborted ? signInCancelled() : toRelayError(error);
      }
    },
  };
}

type Verdict = "approved" | "pending" | "slow down" | "unavailable";

/** What a poll's answer means; throws when the sign-in is over. */
function judgePoll(answer: IssuerAnswer): Verdict {
  const { status } = answer;
  const code = refusalCode(answer) ?? "";
  if (status === 200) return "approved";
  if (answer.isChallenge) throw signInRefused(answer, "The device sign-in");
  if (code === "slow_down") return "slow down";
  if (/denied|declined/.test(code)) {
    throw new RelayError(
      "login_failed",
      `The sign-in was declined on the consent page (\`${code}\`). Run: airelays login --device`,
      { hint: "airelays login --device", upstream: { status, code } },
    );
  }
  if (/expired/.test(code)) throw expired(codeLifetimeSeconds);
  // 403 and 404 both mean "not yet", whatever the body says.
  if (status === 403 || status === 404 || /authorization_pending/.test(code)) return "pending";
  if (status >= 500) return "unavailable";
  throw signInRefused(answer, "The device sign-in");
}

function decodeDeviceCode(answer: IssuerAnswer): DeviceCode {
  const { device_auth_id, user_code, usercode, interval } = answer.fields;
  const userCode = user_code ?? usercode;
  if (typeof device_auth_id !== "string" || typeof userCode !== "string") {
    throw signInRefused(answer, "Starting the device sign-in without a code in the answer");
  }
  // Upstream sends the number as a string; without any, a poll a moment would hammer the server.
  const seconds = Number.parseFloat(String(interval));
  const intervalSeconds = Number.isFinite(seconds) ? Math.max(seconds, 1) : 5;
  return { deviceAuthId: device_auth_id, userCode: clean(userCode), intervalSeconds };
}

function decodeApproval(answer: IssuerAnswer) {
  const { authorization_code: code, code_verifier: codeVerifier } = answer.fields;
  if (typeof code !== "string" || typeof codeVerifier !== "string") {
    throw signInRefused(answer, "The device sign-in without an authorization code in the answer");
  }
  return { code, codeVerifier };
}

function expired(limitSeconds: number): RelayError {
  const minutes = Math.round(limitSeconds / 6) / 10;
  return new RelayError(
    "login_failed",
    `The sign-in was not confirmed within ${minutes} minutes. Run: airelays login --device`,
    { hint: "airelays login --device" },
  );
}
