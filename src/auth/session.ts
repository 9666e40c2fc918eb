/**
 * The login as the relay uses it: loaded when needed, refreshed once for everybody, written before
 * it is used, and loaded again when another process changed it. Speaks to no network by itself.
 */
import { abandonable } from "../abandonable.ts";
import type { Cancellation } from "../cancellation.ts";
import { toRelayError } from "../errors.ts";
import type { Clock } from "../scope.ts";
import { type AuthHealth, type AuthStatus, healthOf, toAuthStatus } from "./auth-status.ts";
import {
  type Credentials,
  createCredentials,
  credentialsOfRefresh,
  type TokenGrant,
  type UsableCredentials,
} from "./credentials.ts";
import { createHeldLogin, type Held, toUnreadable } from "./held-login.ts";
import { noRefreshToken, refusedAnew, requireLogin, requireUsable } from "./readiness.ts";
import type { RefreshLock } from "./refresh-lock.ts";
import type { RenewalFailures } from "./renewal-failures.ts";
import type { CredentialStore } from "./store.ts";

type HasToken = { readonly accessToken: string | undefined };

export interface CredentialSession {
  /** Credentials for a request; refreshed before they expire. */
  current(signal?: Cancellation): Promise<UsableCredentials>;
  /** Credentials newer than those that the upstream refused; one refresh for all who ask. */
  refresh(after: HasToken, signal?: Cancellation): Promise<UsableCredentials>;
  /** The login as requests find it, for a person; no network. Never rejects: a store that cannot be read is a status. */
  status(): Promise<AuthStatus>;
  /** One word for a monitor, from memory and one stat. Waits for no keyring: `unknown` until it has answered. */
  health(): Promise<AuthHealth>;
  /** Stores a new login in place of the old; waits for a refresh that runs in any process. */
  replace(credentials: Credentials): Promise<void>;
  /** Deletes the stored login and gives it back, so that the caller can revoke it. */
  remove(): Promise<{ readonly removed: boolean; readonly last: Credentials | undefined }>;
}

/** Presents a refresh token. Rejects with `upstream_auth_refresh_failed` when that is final. */
export type RefreshGrant = (refreshToken: string) => Promise<TokenGrant>;

export interface SessionOptions {
  readonly store: CredentialStore;
  readonly refreshGrant: RefreshGrant;
  readonly lock: RefreshLock;
  readonly clock: Clock;
  readonly failures: RenewalFailures;
  /** Told once when a refreshed login could not be stored, or one elsewhere not be moved. */
  readonly onNotice: (text: string) => void;
  /** Told every login that this process comes to hold. */
  readonly onLogin?: (login: Credentials | undefined) => void;
  /** Told when the sign-in has ended for good, and when another took its place. */
  readonly onChange?: (text: string) => void;
}

/** So long a token that a refresh brought is not refreshed again for being refused. */
const renewedMs = 60_000;

export function createSession(options: SessionOptions): CredentialSession {
  const { store, refreshGrant, lock, clock, failures, onNotice, onChange = () => {} } = options;
  const memory = createHeldLogin({
    store,
    clock,
    lock,
    onNotice,
    onLoad: () => failures.load(),
    onLogin: options.onLogin,
  });
  let refreshing: Promise<UsableCredentials> | undefined;
  let moving: Promise<void> | undefined;
  /** The access token that a refresh of this process brought, and when. */
  let renewed: { readonly accessToken: string | undefined; readonly at: number } | undefined;
  /** An access token that the upstream refuses although it is new. */
  let refusedToken: string | undefined;
  let hasEnded = false;

  /** Brings a login that lies elsewhere to its place; once, and never under another's refresh. */
  const settle = (): Promise<void> => {
    moving ??= lock(async () => {
      const { login } = await memory.load();
      if (store.isMisplaced && login !== undefined) await store.save(login);
    }).catch((error: unknown) => {
      onNotice(`The sign-in stays where it was found. ${toRelayError(error).message}`);
    });
    return moving;
  };

  /** At most a second old. */
  const look = async (): Promise<Held> => {
    const before = await memory.fresh();
    if (store.isMisplaced && moving === undefined) await settle();
    announce();
    return memory.now ?? before;
  };

  const announce = (): void => {
    const login = memory.now?.login;
    const failure = failures.final(login);
    if (failure !== undefined && !hasEnded) onChange(failure.message);
    else if (failure === undefined && hasEnded && login !== undefined) {
      onChange("A new ChatGPT sign-in was found and is used from now on.");
    }
    hasEnded = failure !== undefined || (hasEnded && login === undefined);
  };

  const refreshLocked = async (refused: string | undefined): Promise<UsableCredentials> => {
    const before = await memory.reconcile();
    const login = requireLogin(before.login);
    // Another process was faster: its refresh token is the good one, ours is spent.
    if (login.accessToken !== undefined && login.accessToken !== refused)
      return requireUsable(login);
    const { refreshToken } = login;
    if (refreshToken === undefined) throw noRefreshToken();
    const standing = failures.standing(login);
    if (standing !== undefined) throw standing;
    // Noted before the lock is free: what is in memory afterwards may be another's new sign-in.
    const grant = await refreshGrant(refreshToken).catch((error) => noteFailure(login, error));
    const next = await memory.save(credentialsOfRefresh(login, grant, clock.now()), before);
    await failures.clear();
    renewed = { accessToken: next.login?.accessToken, at: clock.now() };
    return requireUsable(next.login);
  };

  const noteFailure = async (login: Credentials | undefined, thrown: unknown): Promise<never> => {
    const error = toRelayError(thrown);
    await failures.remember(login, error);
    throw error;
  };

  const refreshTogether = (refused: string | undefined): Promise<UsableCredentials> => {
    refreshing ??= lock(() => refreshLocked(refused))
      .catch((thrown) => noteFailure(isRefusal(thrown) ? undefined : memory.now?.login, thrown))
      .finally(() => {
        announce();
        refreshing = undefined;
      });
    return refreshing;
  };

  const current = async (): Promise<UsableCredentials> => {
    const { login: stored, refreshAt, expiresAt } = await look();
    const login = requireLogin(stored);
    if (clock.now() < refreshAt) return requireUsable(login);
    const canWait = (): boolean => clock.now() < expiresAt;
    const standing = failures.standing(login);
    if (standing !== undefined) {
      if (canWait()) return requireUsable(login);
      throw standing;
    }
    return refreshTogether(login.accessToken).catch((error: unknown) => {
      // Minutes are left for the next attempt; until then the old token serves. Unless the store
      // says by now that this login is gone.
      if (canWait() && memory.now?.login?.accessToken === login.accessToken) {
        return requireUsable(login);
      }
      throw error;
    });
  };

  const refreshRefused = async (refused: string | undefined): Promise<UsableCredentials> => {
    const { login: stored } = await memory.look();
    announce();
    const login = requireLogin(stored);
    if (login.accessToken !== undefined && login.accessToken !== refused) {
      return requireUsable(login);
    }
    // A token that is new and refused all the same: another refresh would be spent on nothing.
    const age = clock.now() - (renewed?.at ?? Number.NEGATIVE_INFINITY);
    if (renewed?.accessToken === refused && age >= 0 && age < renewedMs) {
      const error = refusedAnew();
      // Once: as long as refreshes work, there is a new token and a new refusal every minute.
      if (refusedToken === undefined) onChange(error.message);
      refusedToken = refused;
      throw error;
    }
    return refreshTogether(refused);
  };

  const forget = async (): Promise<void> => {
    memory.forget();
    await failures.clear();
  };

  return {
    async current(signal) {
      const { login, refreshAt = 0 } = memory.atHand ?? {};
      // Nearly always, and then there is no promise that a request could leave behind.
      const isAtHand = clock.now() < refreshAt && (!store.isMisplaced || moving !== undefined);
      return isAtHand ? requireUsable(requireLogin(login)) : abandonable(current(), signal);
    },
    refresh: ({ accessToken }, signal) => abandonable(refreshRefused(accessToken), signal),
    async health() {
      const looked = look();
      if (memory.now === undefined) {
        // A keyring may take seconds to answer, and a monitor must not wait for it.
        looked.catch(() => undefined);
        return memory.failure === undefined ? "unknown" : "unreadable";
      }
      try {
        const { login: stored, expiresAt } = await looked;
        const login = requireLogin(stored);
        const isOver = login.refreshToken === undefined && clock.now() >= expiresAt;
        const isRefused = login.accessToken !== undefined && login.accessToken === refusedToken;
        return isOver || isRefused || failures.final(login) !== undefined ? "expired" : "ok";
      } catch (error) {
        return healthOf(toRelayError(error));
      }
    },
    async status() {
      try {
        const { login } = await memory.fresh();
        await failures.load();
        return toAuthStatus(login, store, { failure: failures.final(login), now: clock.now() });
      } catch (error) {
        return toAuthStatus(undefined, store, { error: toUnreadable(error), now: clock.now() });
      }
    },
    replace: (credentials) =>
      lock(async () => {
        options.onLogin?.(credentials);
        // What cannot be read is replaced too: signing in again is the remedy that its error names.
        const before = await store.load().catch(() => undefined);
        const { extra, extraTokens } = before ?? createCredentials({});
        await store.save(
          createCredentials({
            ...credentials,
            extra: { ...extra, ...credentials.extra },
            extraTokens,
          }),
        );
        await failures.load();
        await forget();
      }),
    remove: () =>
      lock(async () => {
        const stored = await store.load().catch(() => undefined);
        const last = memory.now?.isUnsaved ? memory.now.login : stored;
        await failures.load();
        const removed = await store.clear();
        await forget();
        return { removed, last };
      }),
  };
}

/** The login server's own last word, which was noted with the login that it was about. */
function isRefusal(thrown: unknown): boolean {
  return toRelayError(thrown).code === "upstream_auth_refresh_failed";
}
