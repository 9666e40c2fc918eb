/**
 * The login in memory: read when it is first needed, looked at once a second for what other processes
 * did to it, and kept when the disk takes no more. Refreshes nothing.
 */
import { isRelayError, RelayError, toRelayError } from "../errors.ts";
import type { Clock } from "../scope.ts";
import type { Credentials } from "./credentials.ts";
import { type Schedule, scheduleOf } from "./readiness.ts";
import type { RefreshLock } from "./refresh-lock.ts";
import type { CredentialStore } from "./store.ts";

/** What is in memory. `revision` is the mark of the store from just before it was read. */
export interface Held extends Schedule {
  readonly login: Credentials | undefined;
  readonly revision: string;
  /** Newer than the store, because the write failed: the stored refresh token is spent. */
  readonly isUnsaved: boolean;
}

export interface HeldLogin {
  /** As it was last read or saved. */
  readonly now: Held | undefined;
  /** As it is in memory, when that is at most a second old. */
  readonly atHand: Held | undefined;
  /** Why the last read of the store failed. */
  readonly failure: RelayError | undefined;
  /** At most a second old. Everybody who comes while the store is read waits for the same read. */
  fresh(): Promise<Held>;
  /** Looks at the store, and reads it if it changed. */
  look(): Promise<Held>;
  /** Reads the store in any case. */
  load(): Promise<Held>;
  /** Reads the store, or stores what could not be stored before. For a caller who has the lock. */
  reconcile(): Promise<Held>;
  /** Stores a login; keeps it in memory alone when that fails, and says so. */
  save(login: Credentials, before: Held): Promise<Held>;
  forget(): void;
}

export interface HeldLoginOptions {
  readonly store: CredentialStore;
  readonly clock: Clock;
  /** Taken for storing late what could not be stored: another process may be signing in. */
  readonly lock: RefreshLock;
  /** Told every login that gets into memory. */
  readonly onLogin?: ((login: Credentials | undefined) => void) | undefined;
  /** Called after every read of the store. */
  readonly onLoad: () => Promise<void>;
  /** Told once when a refreshed login could not be stored. */
  readonly onNotice: (text: string) => void;
}

/** One stat a second notices another process; a stat for every request would be on the hot path. */
const lookEveryMs = 1000;
/** A keyring that does not answer takes seconds a try: not for each request anew. */
const unreadableMs = 10_000;

export function createHeldLogin(options: HeldLoginOptions): HeldLogin {
  const { store, clock, lock, onLoad, onNotice } = options;
  let held: Held | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<Held> | undefined;
  let unreadable: { error: RelayError; revision: string; at: number } | undefined;

  /** A clock that was set back must not make the last look last. */
  const isWithin = (ms: number, since: number): boolean => {
    const age = clock.now() - since;
    return age >= 0 && age < ms;
  };

  const keep = (next: Held): Held => {
    held = next;
    options.onLogin?.(next.login);
    lookedAt = clock.now();
    return next;
  };

  const load = async (): Promise<Held> => {
    // The mark first: a change between the two is then noticed at the next look, not lost.
    const revision = await store.revision();
    if (unreadable?.revision === revision && isWithin(unreadableMs, unreadable.at)) {
      throw unreadable.error;
    }
    try {
      const login = await store.load();
      await onLoad();
      unreadable = undefined;
      return keep({ login, revision, isUnsaved: false, ...scheduleOf(login) });
    } catch (cause) {
      const error = toUnreadable(cause);
      unreadable = { error, revision, at: clock.now() };
      throw error;
    }
  };

  const save = async (login: Credentials, before: Held): Promise<Held> => {
    const schedule = scheduleOf(login);
    try {
      await store.save(login);
      return keep({ login, revision: await store.revision(), isUnsaved: false, ...schedule });
    } catch (error) {
      if (!before.isUnsaved) {
        const reason = toRelayError(error).message;
        onNotice(`The refreshed sign-in is only in memory and is lost at the next stop. ${reason}`);
      }
      return keep({ login, revision: before.revision, isUnsaved: true, ...schedule });
    }
  };

  const reconcile = async (): Promise<Held> => {
    const before = held;
    if (before?.login === undefined || !before.isUnsaved) return load();
    if ((await store.revision()) !== before.revision) return load();
    return save(before.login, before);
  };

  const lookOnce = async (): Promise<Held> => {
    const before = held;
    if (before === undefined) return load();
    if ((await store.revision()) !== before.revision) return load();
    // Who holds the lock for long is no reason not to serve from memory.
    return before.isUnsaved ? lock(reconcile).catch(() => keep(before)) : keep(before);
  };

  const look = (): Promise<Held> => {
    looking ??= lookOnce().finally(() => {
      looking = undefined;
    });
    return looking;
  };

  const atHand = (): Held | undefined => (isWithin(lookEveryMs, lookedAt) ? held : undefined);

  return {
    get now() {
      return held;
    },
    get atHand() {
      return atHand();
    },
    get failure() {
      return unreadable?.error;
    },
    look,
    load,
    reconcile,
    save,
    fresh: async () => atHand() ?? look(),
    forget() {
      held = undefined;
      unreadable = undefined;
    },
  };
}

/** A store that cannot be read, as a client of the relay is told it: not "signed out". */
export function toUnreadable(cause: unknown): RelayError {
  const { message, details } = toRelayError(cause);
  const hint = isRelayError(cause) ? details.hint : undefined;
  return new RelayError("upstream_auth_unreadable", message, {
    cause,
    hint: hint ?? "airelays doctor",
  });
}
