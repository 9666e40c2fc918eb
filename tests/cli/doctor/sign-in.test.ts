import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AuthStatus } from "../../../src/auth/auth-status.ts";
import { toAuthStatus } from "../../../src/auth/auth-status.ts";
import type { Keyring } from "../../../src/auth/keyring-store.ts";
import { keyring, loginFinding } from "../../../src/cli/doctor/sign-in.ts";
import { createFakeKeyring, createMemoryKeyring } from "../../auth/fake-keyring.ts";
import { makePatient } from "../../helpers/patient.ts";
import { makeHome } from "../../helpers/test-io.ts";

const now = Date.parse("2026-06-01T10:00:00Z");

async function look(storage: string, ring: Keyring, home?: string) {
  const env = { AIRELAYS_AUTH_STORAGE: storage };
  const patient = await makePatient({
    env,
    keyring: ring,
    ...(home === undefined ? {} : { home }),
  });
  return keyring.run(patient);
}

async function failing(behaviour: string, timeoutMs?: number): Promise<Keyring> {
  return createFakeKeyring(await makeHome(), behaviour, timeoutMs);
}

describe("the check of the keyring", () => {
  it("asks none when the login is kept in a file", async () => {
    const ring = await failing('throw new Error("asked")');
    expect(await look("file", ring)).toMatchObject({ status: "skipped" });
  });

  it("is content with one that answers", async () => {
    expect(await look("keyring", createMemoryKeyring())).toEqual({
      status: "ok",
      detail: "It answers; no login is sealed with it yet.",
    });
  });

  it.each([
    ["Cannot autolaunch D-Bus without X11 $DISPLAY", "No keyring service runs in this session"],
    ["Cannot create an item in a locked collection", "The keyring is locked"],
    ["libsecret-1.so.0: cannot open shared object file", "No keyring is installed"],
    ["something new", "The keyring failed"],
  ])("tells apart: %s", async (reason, what) => {
    const ring = await failing(`throw new Error(${JSON.stringify(reason)})`);
    expect(await look("auto", ring)).toMatchObject({
      status: "warn",
      detail: `${what} (${reason}). A login is kept in a private file instead.`,
    });
    expect(await look("keyring", ring)).toMatchObject({
      status: "fail",
      detail: `${what} (${reason}).`,
    });
  });

  it("does not wait for one that hangs", async () => {
    const ring = await failing("setInterval(() => {}, 1000); await new Promise(() => {});", 300);
    expect(await look("auto", ring)).toMatchObject({
      status: "warn",
      detail: expect.stringContaining("The keyring does not answer"),
    });
  });

  it("fails, also with `auto`, when the login that is there is sealed with it", async () => {
    const home = await makeHome();
    await mkdir(join(home, ".airelays"));
    await writeFile(join(home, ".airelays", "auth.sealed"), "{}");
    const ring = await failing('throw new Error("locked")');
    expect(await look("auto", ring, home)).toMatchObject({ status: "fail" });
  });
});

describe("loginFinding", () => {
  const store = { name: "file", path: "/x/auth.json", keyringService: undefined } as const;
  const signedIn: AuthStatus = {
    ...toAuthStatus(undefined, store, { now }),
    authenticated: true,
    account_bound: true,
    ready_for_requests: true,
    mode: "chatgpt",
    email: "person@example.org",
    plan_type: "pro",
    bound_account_id: "1",
    expires_at: "2026-06-09T10:00:00.000Z",
  };

  it("says who is signed in and for how long, without the whole address", () => {
    expect(loginFinding(signedIn, now)).toEqual({
      status: "ok",
      detail: "p***@example.org, pro; its token ends in 8 days, and is renewed before.",
    });
  });

  it.each([
    [{ authenticated: false, mode: null }, "Not signed in to ChatGPT."],
    [{ mode: "api_key_only" }, "Only an API key is stored"],
    [{ bound_account_id: null, account_bound: false }, "bound to no account"],
    [{ account_bound: false }, "another account than the one that signed in"],
    [{ ready_for_requests: false }, "has nothing to renew it with"],
    [{ error: { code: "x", message: "`auth.json` is damaged." } }, "`auth.json` is damaged."],
    [
      {
        refresh_failure: {
          code: "upstream_auth_refresh_failed",
          message: "Refused.",
          since: "2026-05-30T09:00:00.000Z",
        },
      },
      "The sign-in ended 2 days ago (2026-05-30T09:00:00.000Z): Refused.",
    ],
  ] satisfies [Partial<AuthStatus>, string][])("fails for %j", (change, what) => {
    expect(loginFinding({ ...signedIn, ...change }, now)).toEqual({
      status: "fail",
      detail: expect.stringContaining(what),
      next: "airelays login",
    });
  });
});
