/**
 * Why the login cannot be renewed. A passing failure is kept for seconds by this process; a final one
 * on disk until the login changes, so that the next start and `status` know it, and nobody presents
 * a spent refresh token again. Keeps a hash of the refresh token, never the token.
 */
import { createHash } from "node:crypto";
import { RelayError } from "../errors.ts";
import type { Clock } from "../scope.ts";
import type { Credentials } from "./credentials.ts";
import type { PrivateFile } from "./private-file.ts";
import { parseRecord } from "./stored-login.ts";

/** A final failure, for a person. */
export interface RenewalFailure {
  readonly code: string;
  readonly message: string;
  /** ISO 8601. */
  readonly since: string;
}

export interface RenewalFailures {
  /** Reads what any process has noted; called wherever the login is loaded. */
  load(): Promise<void>;
  /** The error that stands against renewing this login now. */
  standing(login: Credentials | undefined): RelayError | undefined;
  /** The final failure of this login. */
  final(login: Credentials | undefined): RenewalFailure | undefined;
  remember(login: Credentials | undefined, error: RelayError): Promise<void>;
  /** The login was renewed, replaced or removed. */
  clear(): Promise<void>;
}

export interface RenewalFailuresOptions {
  readonly file: Pick<PrivateFile, "read" | "write" | "remove">;
  readonly clock: Clock;
}

/** After a failure that may pass, so that a burst of requests makes one attempt. */
const pauseMs = 10_000;

const finalCode = "upstream_auth_refresh_failed";

interface Passing {
  readonly mark: string;
  readonly error: RelayError;
  /** Milliseconds. */
  readonly at: number;
}

interface Final extends RenewalFailure {
  readonly mark: string;
  readonly error: RelayError;
}

export function createRenewalFailures(options: RenewalFailuresOptions): RenewalFailures {
  const { file, clock } = options;
  let passing: Passing | undefined;
  let final: Final | undefined;

  const finalOf = (login: Credentials | undefined): Final | undefined => {
    const mark = markOf(login);
    return mark !== undefined && final?.mark === mark ? final : undefined;
  };

  return {
    async load() {
      // A note that cannot be read costs one more attempt, and no request.
      const noted = decode((await file.read().catch(() => undefined)) ?? "");
      if (noted !== undefined && noted.mark !== final?.mark) final = noted;
    },
    standing(login) {
      const age = clock.now() - (passing?.at ?? Number.NaN);
      // A clock that was set back must not make the pause last.
      const stands = passing?.mark === markOf(login) && age >= 0 && age < pauseMs;
      return finalOf(login)?.error ?? (stands ? passing?.error : undefined);
    },
    final: finalOf,
    async remember(login, error) {
      const mark = markOf(login);
      if (mark === undefined || finalOf(login) !== undefined) return;
      if (error.code !== finalCode) {
        // What is thrown again because it stands does not stand longer for it.
        if (error !== passing?.error) passing = { mark, error, at: clock.now() };
        return;
      }
      const since = new Date(clock.now()).toISOString();
      final = { mark, error, code: error.code, message: error.message, since };
      const note = { version: 1, login: mark, since, code: error.code, message: error.message };
      // Known to this process all the same when the disk takes nothing.
      await file.write(`${JSON.stringify(note, null, 2)}\n`).catch(() => undefined);
    },
    async clear() {
      passing = undefined;
      if (final === undefined) return;
      final = undefined;
      await file.remove().catch(() => false);
    },
  };
}

/** Which login a failure belongs to. The refresh token is random, so its hash tells nothing of it. */
function markOf(login: Credentials | undefined): string | undefined {
  const token = login?.refreshToken;
  if (token === undefined) return undefined;
  return createHash("sha256").update(token).digest("hex").slice(0, 16);
}

function decode(text: string): Final | undefined {
  const { version, login, since, code, message } = parseRecord(text) ?? {};
  if (version !== 1 || code !== finalCode || typeof login !== "string") return undefined;
  if (typeof message !== "string" || typeof since !== "string") return undefined;
  const error = new RelayError(finalCode, message, { hint: "airelays login" });
  return { mark: login, since, code, message, error };
}
