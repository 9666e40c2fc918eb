import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
  type Credentials,
  credentialsOfRefresh,
  type TokenGrant,
} from "../../src/auth/credentials.ts";
import { createSession } from "../../src/auth/session.ts";
import { RelayError } from "../../src/errors.ts";
import { createManualClock } from "./manual-clock.ts";
import { createMemoryFailures, createMemoryFile } from "./memory-failures.ts";
import { createMemoryStore } from "./memory-store.ts";
import { accessToken, login, start } from "./tokens.ts";

const fresh = { accessToken: accessToken("second", 900_000), refreshToken: "refresh-2" };
const final = new RelayError("upstream_auth_refresh_failed", "It is over.");
const passing = new RelayError("upstream_unreachable", "No network.");

function arrange(
  stored: Credentials | undefined,
  answers: readonly (TokenGrant | Error)[] = [fresh],
  file = createMemoryFile(),
) {
  const store = createMemoryStore(stored);
  const clock = createManualClock();
  const presented: string[] = [];
  const notices: string[] = [];
  const waiting = [...answers];
  const changes: string[] = [];
  const session = createSession({
    store,
    clock,
    failures: createMemoryFailures(clock, file),
    onChange: (text) => changes.push(text),
    lock: (work) => work(),
    onNotice: (text) => notices.push(text),
    async refreshGrant(refreshToken) {
      presented.push(refreshToken);
      const answer = waiting.shift();
      if (answer === undefined) throw new Error("One refresh more than the test expects.");
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return { store, clock, session, presented, notices, changes };
}

const expiring = () => login({ accessToken: accessToken("first", 3600) });

describe("the current credentials", () => {
  it("come from the store, which is read once and looked at once a second", async () => {
    const { session, store, clock } = arrange(login());
    for (let request = 0; request < 50; request += 1) await session.current();
    expect(store.calls).toEqual({ load: 1, save: 0, revision: 1 });
    clock.advance(1);
    await Promise.all([session.current(), session.current(), session.current()]);
    expect(store.calls).toEqual({ load: 1, save: 0, revision: 2 });
  });

  it("follow a sign-in of another process", async () => {
    const { session, store, clock } = arrange(undefined);
    await expect(session.current()).rejects.toMatchObject({ code: "upstream_auth_missing" });
    await store.save(login());
    clock.advance(1);
    expect(await session.current()).toEqual(login());
  });

  it("follow a sign-out of another process", async () => {
    const { session, store, clock } = arrange(login());
    await session.current();
    await store.clear();
    clock.advance(1);
    await expect(session.current()).rejects.toMatchObject({ code: "upstream_auth_missing" });
  });

  it("that lie in another place are moved once, with what is there by then", async () => {
    const { session, store } = arrange(login());
    const theirs = login({ refreshToken: "refresh-7" });
    let isMisplaced = true;
    Object.defineProperty(store, "isMisplaced", { get: () => isMisplaced });
    const load = store.load;
    store.load = async () => {
      const found = await load();
      // Another process refreshes between our first look and the lock.
      if (store.calls.load === 1) await store.save(theirs);
      else isMisplaced = store.calls.save < 2;
      return found;
    };
    expect(await session.current()).toEqual(theirs);
    await session.current();
    expect([await load(), store.calls.save]).toEqual([theirs, 2]);
  });

  it("that cannot be moved serve from where they are, and that is said once", async () => {
    const { session, store, clock, notices } = arrange(login());
    Object.defineProperty(store, "isMisplaced", { value: true });
    store.failSavesWith = new RelayError("storage_failed", "The keyring is locked.");
    expect(await session.current()).toEqual(login());
    clock.advance(1);
    expect(await session.current()).toEqual(login());
    expect([store.calls.save, notices]).toEqual([
      1,
      ["The sign-in stays where it was found. The keyring is locked."],
    ]);
  });

  it("are not moved by a look at the status", async () => {
    const { session, store } = arrange(login());
    Object.defineProperty(store, "isMisplaced", { value: true });
    await session.status();
    expect(store.calls.save).toBe(0);
  });

  it("are refreshed five minutes before their end, stored first", async () => {
    const { session, store, clock, presented } = arrange(expiring());
    clock.advance(3299);
    expect((await session.current()).accessToken).toBe(accessToken("first", 3600));
    clock.advance(1);
    const refreshed = credentialsOfRefresh(expiring(), fresh, start + 3_300_000);
    expect(await session.current()).toEqual(refreshed);
    expect(await store.load()).toEqual(refreshed);
    expect(presented).toEqual(["refresh-1"]);
  });

  it("T34 are given out only after they are stored: a crash must not lose the one good token", async () => {
    const { session, store, clock } = arrange(expiring());
    clock.advance(3600);
    const order: string[] = [];
    const save = store.save;
    store.save = async (credentials) => {
      await setImmediate();
      await save(credentials);
      order.push("stored");
    };
    await session.current().then(() => order.push("given out"));
    expect(order).toEqual(["stored", "given out"]);
  });

  it("are refreshed when only a refresh token is stored", async () => {
    const { session } = arrange(login({ accessToken: undefined }));
    expect((await session.current()).accessToken).toBe(fresh.accessToken);
  });

  it("T32 are refreshed once for all requests that come meanwhile", async () => {
    const { session, clock, presented } = arrange(expiring());
    clock.advance(3500);
    const answers = await Promise.all(Array.from({ length: 50 }, () => session.current()));
    expect(new Set(answers.map((answer) => answer.accessToken))).toEqual(
      new Set([fresh.accessToken]),
    );
    expect(presented).toEqual(["refresh-1"]);
  });

  it("stay in use while a refresh fails and they are still good", async () => {
    const { session, clock, presented } = arrange(expiring(), [passing, fresh]);
    clock.advance(3400);
    const old = accessToken("first", 3600);
    expect((await session.current()).accessToken).toBe(old);
    expect((await session.current()).accessToken).toBe(old);
    expect(presented).toHaveLength(1);
    clock.advance(10);
    expect((await session.current()).accessToken).toBe(fresh.accessToken);
  });

  it("fail with the refresh when they are past their end", async () => {
    const { session, clock } = arrange(expiring(), [passing]);
    clock.advance(3600);
    await expect(session.current()).rejects.toBe(passing);
  });

  it("of another account than the bound one are refused, also after a refresh", async () => {
    const other = { accessToken: accessToken("x", 9000, "account-2"), refreshToken: "refresh-2" };
    const { session, store, clock } = arrange(expiring(), [other]);
    clock.advance(3600);
    await expect(session.current()).rejects.toMatchObject({
      code: "upstream_auth_account_mismatch",
    });
    expect((await store.load())?.refreshToken).toBe("refresh-2");
  });

  it("without a refresh token serve to their end, then ask for a sign-in", async () => {
    const { session, clock } = arrange(
      login({ accessToken: accessToken("first", 3600), refreshToken: undefined }),
    );
    clock.advance(3599);
    await session.current();
    clock.advance(1);
    await expect(session.current()).rejects.toMatchObject({ code: "upstream_auth_incomplete" });
  });

  it("are given up by a request that ends, and refreshed all the same", async () => {
    const { session, store, clock } = arrange(expiring());
    clock.advance(3600);
    const gone = new AbortController();
    const request = session.current(gone.signal);
    gone.abort(new Error("client gone"));
    await expect(request).rejects.toThrow("client gone");
    await session.current();
    expect((await store.load())?.refreshToken).toBe("refresh-2");
  });
});

describe("a refresh after the upstream refused", () => {
  it("happens although the token seems good, and before the issuer's earliest time", async () => {
    const { session, presented } = arrange(login({ earliestRefreshAt: start / 1000 + 777_600 }));
    const refused = await session.current();
    expect((await session.refresh(refused)).accessToken).toBe(fresh.accessToken);
    expect(presented).toEqual(["refresh-1"]);
  });

  it("is one for all who were refused", async () => {
    const { session, presented } = arrange(login());
    const refused = await session.current();
    await Promise.all(Array.from({ length: 50 }, () => session.refresh(refused)));
    await session.refresh(refused);
    expect(presented).toEqual(["refresh-1"]);
  });

  it("goes on for the others when the one who asked has left", async () => {
    const { session, presented } = arrange(login());
    const refused = await session.current();
    const gone = new AbortController();
    const request = session.refresh(refused, gone.signal);
    gone.abort(new Error("client gone"));
    await expect(request).rejects.toThrow("client gone");
    expect((await session.refresh(refused)).accessToken).toBe(fresh.accessToken);
    expect(presented).toEqual(["refresh-1"]);
  });

  it("takes what another process has refreshed already", async () => {
    const { session, store, presented } = arrange(login());
    const refused = await session.current();
    const theirs = login({ ...fresh });
    await store.save(theirs);
    expect(await session.refresh(refused)).toEqual(theirs);
    expect(presented).toEqual([]);
  });

  it("T33 takes what another process refreshed while this one waited for the lock", async () => {
    const { store, clock } = arrange(login());
    const theirs = login({ ...fresh });
    const session = createSession({
      store,
      clock,
      failures: createMemoryFailures(clock),
      onNotice: expect.unreachable,
      refreshGrant: () => Promise.reject(new Error("A spent token was presented.")),
      lock: async (work) => {
        await store.save(theirs);
        return work();
      },
    });
    const refused = await session.current();
    expect(await session.refresh(refused)).toEqual(theirs);
  });

  it("is not tried again after a final refusal until the store changes", async () => {
    const { session, store, clock, presented } = arrange(login(), [final, fresh]);
    const refused = await session.current();
    await expect(session.refresh(refused)).rejects.toBe(final);
    clock.advance(100_000);
    await expect(session.refresh(refused)).rejects.toBe(final);
    expect(presented).toEqual(["refresh-1"]);
    await store.save(login({ accessToken: accessToken("again"), refreshToken: "refresh-5" }));
    expect((await session.refresh(refused)).refreshToken).toBe("refresh-5");
  });

  it("that fails for good is not held against a sign-in that came just after it", async () => {
    const { store, clock } = arrange(login());
    const theirs = login({ ...fresh });
    const session = createSession({
      store,
      clock,
      failures: createMemoryFailures(clock),
      onNotice: expect.unreachable,
      refreshGrant: () => Promise.reject(final),
      async lock(work) {
        try {
          return await work();
        } finally {
          // The lock is free: another process signs in, and a request of ours notices.
          await store.save(theirs);
          clock.advance(1);
          await session.current();
        }
      },
    });
    await expect(session.refresh(await session.current())).rejects.toBe(final);
    expect([await session.health(), await session.current()]).toEqual(["ok", theirs]);
  });

  it("is tried again ten seconds after a failure that may pass, and no sooner", async () => {
    const { session, clock, presented } = arrange(login(), [passing, fresh]);
    const refused = await session.current();
    await expect(session.refresh(refused)).rejects.toBe(passing);
    clock.advance(9);
    await expect(session.refresh(refused)).rejects.toBe(passing);
    expect(presented).toHaveLength(1);
    clock.advance(1);
    expect((await session.refresh(refused)).refreshToken).toBe("refresh-2");
  });

  it("keeps tokens that the answer leaves out", async () => {
    const { session } = arrange(login(), [{ accessToken: fresh.accessToken }]);
    const refused = await session.current();
    expect((await session.refresh(refused)).refreshToken).toBe("refresh-1");
  });
});

describe("a login that cannot be stored", () => {
  it("T35 serves from memory, is told once, and is stored when that works again", async () => {
    const { session, store, clock, notices, presented } = arrange(login());
    const refused = await session.current();
    store.failSavesWith = new RelayError("storage_failed", "The disk is full.");
    expect((await session.refresh(refused)).accessToken).toBe(fresh.accessToken);
    clock.advance(1);
    expect((await session.current()).accessToken).toBe(fresh.accessToken);
    expect(notices).toEqual([expect.stringContaining("only in memory")]);
    store.failSavesWith = undefined;
    clock.advance(1);
    await session.current();
    expect((await store.load())?.refreshToken).toBe("refresh-2");
    expect(presented).toEqual(["refresh-1"]);
  });

  it("presents its newest refresh token next time, not the spent one of the store", async () => {
    const third = { accessToken: accessToken("third"), refreshToken: "refresh-3" };
    const { session, store, clock, presented } = arrange(login(), [fresh, third]);
    store.failSavesWith = new Error("full");
    const second = await session.refresh(await session.current());
    clock.advance(61);
    expect((await session.refresh(second)).refreshToken).toBe("refresh-3");
    expect(presented).toEqual(["refresh-1", "refresh-2"]);
  });

  it("is not renewed again when it is refused just after it was", async () => {
    const { session, clock, presented } = arrange(login());
    const second = await session.refresh(await session.current());
    clock.advance(1);
    await expect(session.refresh(second)).rejects.toMatchObject({
      code: "upstream_auth_rejected",
      exitCode: 4,
    });
    expect(presented).toEqual(["refresh-1"]);
  });

  it("is stored later only when no other process signs in meanwhile", async () => {
    const { store, clock } = arrange(login());
    const theirs = login({ refreshToken: "refresh-9" });
    let elsewhere = async (): Promise<void> => undefined;
    const session = createSession({
      store,
      clock,
      failures: createMemoryFailures(clock),
      onNotice: () => undefined,
      refreshGrant: async () => fresh,
      async lock(work) {
        await elsewhere();
        return work();
      },
    });
    store.failSavesWith = new Error("full");
    await session.refresh(await session.current());
    store.failSavesWith = undefined;
    elsewhere = () => store.save(theirs);
    clock.advance(1);
    expect([await session.current(), await store.load()]).toEqual([theirs, theirs]);
  });

  it("serves on while another process holds the lock", async () => {
    const { store, clock } = arrange(login());
    let isHeld = false;
    const session = createSession({
      store,
      clock,
      failures: createMemoryFailures(clock),
      onNotice: () => undefined,
      refreshGrant: async () => fresh,
      lock: (work) => (isHeld ? Promise.reject(new Error("held for too long")) : work()),
    });
    store.failSavesWith = new Error("full");
    await session.refresh(await session.current());
    isHeld = true;
    clock.advance(1);
    expect((await session.current()).refreshToken).toBe("refresh-2");
  });

  it("gives way to a new sign-in of another process", async () => {
    const { session, store, clock } = arrange(login());
    const refused = await session.current();
    store.failSavesWith = new Error("full");
    await session.refresh(refused);
    store.failSavesWith = undefined;
    const theirs = login({ refreshToken: "refresh-9" });
    await store.save(theirs);
    clock.advance(1);
    expect(await session.current()).toEqual(theirs);
  });
});

describe("a sign-in that has ended", () => {
  it("is told once, also to the next start, and so is the one that takes its place", async () => {
    const file = createMemoryFile();
    const first = arrange(login(), [final], file);
    const refused = await first.session.current();
    expect(await first.session.health()).toBe("ok");
    await expect(first.session.refresh(refused)).rejects.toBe(final);
    await expect(first.session.refresh(refused)).rejects.toBe(final);
    expect([await first.session.health(), first.changes]).toEqual(["expired", ["It is over."]]);

    const next = arrange(login(), [], file);
    await expect(next.session.refresh(await next.session.current())).rejects.toMatchObject({
      code: "upstream_auth_refresh_failed",
    });
    expect([next.presented, next.changes]).toEqual([[], ["It is over."]]);
    expect((await next.session.status()).refresh_failure?.since).toBe("2026-06-01T00:00:00.000Z");

    await next.session.replace(login({ refreshToken: "refresh-2" }));
    await next.session.current();
    expect(await next.session.health()).toBe("ok");
    expect(next.changes.slice(1)).toEqual([
      "A new ChatGPT sign-in was found and is used from now on.",
    ]);
    expect(await file.read()).toBeUndefined();
  });

  it.each([
    ["missing", undefined],
    ["incomplete", login({ boundAccountId: undefined })],
    ["account_mismatch", login({ accountId: "account-2" })],
    ["expired", login({ refreshToken: undefined, accessToken: accessToken("first", 0) })],
    ["ok", expiring()],
  ])("is `%s` for a monitor", async (health, stored) => {
    const { session } = arrange(stored);
    expect(await session.health()).toBe("unknown");
    await setImmediate();
    expect(await session.health()).toBe(health);
  });

  it("is `expired`, and told once, when the upstream refuses what was just renewed", async () => {
    const { session, changes } = arrange(expiring());
    const renewed = await session.refresh(await session.current());
    const refused = { code: "upstream_auth_rejected" };
    await expect(session.refresh(renewed)).rejects.toMatchObject(refused);
    await expect(session.refresh(renewed)).rejects.toMatchObject(refused);
    expect(await session.health()).toBe("expired");
    expect(changes).toEqual([
      "The upstream refuses a sign-in that was just renewed. Run: airelays login",
    ]);
  });

  it("that cannot be read is 503 in its own words, asked for again after ten seconds or a change", async () => {
    const { session, store, clock } = arrange(login());
    const load = store.load;
    let reads = 0;
    store.load = () => {
      reads += 1;
      return Promise.reject(new RelayError("storage_failed", "The keyring is locked."));
    };
    const unreadable = { code: "upstream_auth_unreadable", message: "The keyring is locked." };
    await expect(session.current()).rejects.toMatchObject({ ...unreadable, status: 503 });
    expect(await session.health()).toBe("unreadable");
    expect(reads).toBe(1);
    expect(await session.status()).toMatchObject({ ready_for_requests: false, error: unreadable });
    store.load = load;
    await expect(session.current()).rejects.toMatchObject(unreadable);
    clock.advance(10);
    expect(await session.current()).toEqual(login());
  });
});

describe("signing in and out", () => {
  it("replaces the login and keeps the fields that are not ours", async () => {
    const { session, store } = arrange(login({ extra: { OPENAI_API_KEY: "sk-old" } }));
    await session.current();
    await session.replace(login({ refreshToken: "refresh-4" }));
    const expected = login({ refreshToken: "refresh-4", extra: { OPENAI_API_KEY: "sk-old" } });
    expect([await store.load(), await session.current()]).toEqual([expected, expected]);
  });

  it("replaces a login that cannot be read", async () => {
    const { session, store } = arrange(undefined);
    const load = store.load;
    store.load = () => Promise.reject(new RelayError("storage_failed", "Damaged."));
    await session.replace(login());
    store.load = load;
    expect(await session.current()).toEqual(login());
  });

  it("removes the login and gives it back once", async () => {
    const { session } = arrange(login());
    expect([await session.remove(), await session.remove()]).toEqual([
      { removed: true, last: login() },
      { removed: false, last: undefined },
    ]);
    await expect(session.current()).rejects.toMatchObject({ code: "upstream_auth_missing" });
  });

  it("gives back the newest refresh token, although it could not be stored", async () => {
    const { session, store } = arrange(login());
    const refused = await session.current();
    store.failSavesWith = new Error("full");
    await session.refresh(refused);
    expect((await session.remove()).last?.refreshToken).toBe("refresh-2");
  });

  it("is read once for the health and every status, until it changes", async () => {
    const { session, store, clock } = arrange(login());
    await Promise.all([session.health(), session.status(), session.status()]);
    clock.advance(5);
    await session.status();
    expect(store.calls.load).toBe(1);
    await store.clear();
    clock.advance(1);
    expect(await session.status()).toMatchObject({ authenticated: false });
  });

  it("reports the status without a refresh", async () => {
    const { session, clock, presented } = arrange(expiring());
    clock.advance(9999);
    expect(await session.status()).toMatchObject({
      ready_for_requests: true,
      email: "someone@example.com",
      auth_store_path: "/data/auth.json",
    });
    expect(presented).toEqual([]);
  });
});
