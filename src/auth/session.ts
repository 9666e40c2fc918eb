/**
 * The login as the relay uses it: loaded when needed, refreshed once for everybody, written before
 * it is used, and loaded again when another process changed it. Speaks to no network by itself.
 */
import { RelayError, toRelayError } from "../errors.ts";
import type { Clock } from "../scope.ts";
import { type AuthStatus, toAuthStatus } from "./auth-status.ts";
import {
  type Credentials,
  createCredentials,
  credentialsOfRefresh,
  type TokenGrant,
  type UsableCredentials,
} from "./credentials.ts";
import {
  noRefreshToken,
  requireLogin,
  requireUsable,
  type Schedule,
  scheduleOf,
} from "./readiness.ts";
import type { CredentialStore } from "./store.ts";

export interface CredentialSession {
  /** Credentials for a request; refreshed before they expire. */
  current(signal?: AbortSignal): Promise<UsableCredentials>;
  /** Credentials newer than those that the upstream refused; one refresh for all who ask. */
  refresh(after: { readonly accessToken: string | undefined }): Promise<UsableCredentials>;
  /** What is stored, for a person; no network. */
  status(): Promise<AuthStatus>;
  /** Stores a new login in place of the old; waits for a refresh that runs in any process. */
  replace(credentials: Credentials): Promise<void>;
  /** Deletes the stored login and gives it back, so that the caller can revoke it. */
  remove(): Promise<{ readonly removed: boolean; readonly last: Credentials | undefined }>;
  /** Drops what is in memory; the next use loads again. */
  forget(): void;
}

/** Presents a refresh token. Rejects with `upstream_auth_refresh_failed` when that is final. */
export type RefreshGrant = (refreshToken: string) => Promise<TokenGrant>;

/** Runs the work while no other process refreshes, signs in or out. */
export type RefreshLock = <Result>(work: () => Promise<Result>) => Promise<Result>;

export interface SessionOptions {
  readonly store: CredentialStore;
  readonly refreshGrant: RefreshGrant;
  readonly lock: RefreshLock;
  readonly clock: Clock;
  /** Told once when a refreshed login could not be stored. */
  readonly onNotice: (text: string) => void;
}

/** One stat a second notices another process; a stat for every request would be on the hot path. */
const lookEveryMs = 1000;
/** After a refresh that may succeed later, so that a burst of requests makes one attempt. */
const pauseMs = 10_000;

/** What is in memory. `revision` is the mark of the store from just before it was read. */
interface Held extends Schedule {
  readonly login: Credentials | undefined;
  readonly revision: string;
  /** Newer than the store, because the write failed: the stored refresh token is spent. */
  readonly isUnsaved: boolean;
}

interface Failure {
  readonly error: RelayError;
  readonly refreshToken: string;
  /** Milliseconds; a final failure lasts until the login changes. */
  readonly until: number;
}

/** So long a token that a refresh brought is not refreshed again for being refused. */
const renewedMs = 60_000;

export function createSession(options: SessionOptions): CredentialSession {
  const { store, refreshGrant, lock, clock, onNotice } = options;
  let held: Held | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<Held> | undefined;
  let refreshing: Promise<UsableCredentials> | undefined;
  let failure: Failure | undefined;
  /** The access token that a refresh of this process brought, and when. */
  let renewed: { readonly accessToken: string | undefined; readonly at: number } | undefined;

  const load = async (): Promise<Held> => {
    // The mark first: a change between the two is then noticed at the next look, not lost.
    const revision = await store.revision();
    const login = await store.load();
    return { login, revision, isUnsaved: false, ...scheduleOf(login) };
  };

  const save = async (login: Credentials, before: Held): Promise<Held> => {
    const schedule = scheduleOf(login);
    try {
      await store.save(login);
      return { login, revision: await store.revision(), isUnsaved: false, ...schedule };
    } catch (error) {
      if (!before.isUnsaved) {
        const reason = toRelayError(error).message;
        onNotice(`The refreshed sign-in is only in memory and is lost at the next stop. ${reason}`);
      }
      return { login, revision: before.revision, isUnsaved: true, ...schedule };
    }
  };

  const look = async (): Promise<Held> => {
    const before = held;
    if (before === undefined) held = await load();
    else if ((await store.revision()) !== before.revision) held = await load();
    else if (before.isUnsaved && before.login !== undefined)
      held = await save(before.login, before);
    lookedAt = clock.now();
    return held ?? before ?? load();
  };

  /** Everybody who comes while the store is read waits for the same read. */
  const lookTogether = (): Promise<Held> => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  };

  const refreshLocked = async (refused: string | undefined): Promise<UsableCredentials> => {
    const before = held?.isUnsaved ? await lookTogether() : await load();
    held = before;
    const login = requireLogin(before.login);
    // Another process was faster: its refresh token is the good one, ours is spent.
    if (login.accessToken !== undefined && login.accessToken !== refused)
      return requireUsable(login);
    const { refreshToken } = login;
    if (refreshToken === undefined) throw noRefreshToken();
    const recent = recentFailure(refreshToken);
    if (recent !== undefined) throw recent;
    const grant = await refreshGrant(refreshToken);
    held = await save(credentialsOfRefresh(login, grant, clock.now()), before);
    lookedAt = clock.now();
    renewed = { accessToken: held.login?.accessToken, at: lookedAt };
    return requireUsable(held.login);
  };

  const recentFailure = (refreshToken: string | undefined): RelayError | undefined =>
    failure?.refreshToken === refreshToken && clock.now() < (failure?.until ?? 0)
      ? failure?.error
      : undefined;

  const rememberFailure = (thrown: unknown): never => {
    const error = toRelayError(thrown);
    const refreshToken = held?.login?.refreshToken;
    if (refreshToken !== undefined && error !== failure?.error) {
      const isFinal = error.code === "upstream_auth_refresh_failed";
      const until = isFinal ? Number.POSITIVE_INFINITY : clock.now() + pauseMs;
      failure = { error, refreshToken, until };
    }
    throw error;
  };

  const refreshTogether = (refused: string | undefined): Promise<UsableCredentials> => {
    refreshing ??= lock(() => refreshLocked(refused))
      .catch(rememberFailure)
      .finally(() => {
        refreshing = undefined;
      });
    return refreshing;
  };

  const current = async (): Promise<UsableCredentials> => {
    // A clock that was set back must not make the last look last.
    const age = clock.now() - lookedAt;
    const isFresh = held !== undefined && age >= 0 && age < lookEveryMs;
    const { login: stored, refreshAt, expiresAt } = (isFresh && held) || (await lookTogether());
    const login = requireLogin(stored);
    if (clock.now() < refreshAt) return requireUsable(login);
    const canWait = (): boolean => clock.now() < expiresAt;
    const recent = recentFailure(login.refreshToken);
    if (recent !== undefined) {
      if (canWait()) return requireUsable(login);
      throw recent;
    }
    return refreshTogether(login.accessToken).catch((error: unknown) => {
      // Minutes are left for the next attempt; until then the old token serves. Unless the store
      // says by now that this login is gone.
      if (canWait() && held?.login?.accessToken === login.accessToken) return requireUsable(login);
      throw error;
    });
  };

  const forget = (): void => {
    held = undefined;
    failure = undefined;
  };

  return {
    current: (signal) => abandonable(current(), signal),
    async refresh(after) {
      const login = requireLogin((await lookTogether()).login);
      if (login.accessToken !== undefined && login.accessToken !== after.accessToken) {
        return requireUsable(login);
      }
      // A token that is new and refused all the same: another refresh would be spent on nothing.
      const age = clock.now() - (renewed?.at ?? Number.NEGATIVE_INFINITY);
      if (renewed?.accessToken === after.accessToken && age >= 0 && age < renewedMs) {
        throw new RelayError(
          "upstream_auth_rejected",
          "The upstream refuses a sign-in that was just renewed. Run: airelays login",
          { hint: "airelays login" },
        );
      }
      return refreshTogether(after.accessToken);
    },
    status: async () => toAuthStatus(await store.load(), store),
    replace: (credentials) =>
      lock(async () => {
        // What cannot be read is replaced too: signing in again is the remedy that its error names.
        const before = await store.load().catch(() => undefined);
        const { extra, extraTokens } = before ?? createCredentials({});
        await store.save(createCredentials({ ...credentials, extra, extraTokens }));
        forget();
      }),
    remove: () =>
      lock(async () => {
        const stored = await store.load().catch(() => undefined);
        const last = held?.isUnsaved ? held.login : stored;
        const removed = await store.clear();
        forget();
        return { removed, last };
      }),
    forget,
  };
}

/** The promise, or the signal's abort: the work itself goes on, because its token may be spent. */
async function abandonable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let leave: (() => void) | undefined;
  const abort = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  });
  try {
    return await Promise.race([work, abort]);
  } finally {
    if (leave !== undefined) signal.removeEventListener("abort", leave);
  }
}
