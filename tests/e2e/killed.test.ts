/**
 * `kill -9` at every step of a sign-in and of a refresh, in the real program: what is on disk is the
 * login from before or the one from after, whole, and nothing stands in the way of the next sign-in.
 */
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { credentialsOfSignIn } from "../../src/auth/credentials.ts";
import { createRefreshLock } from "../../src/auth/refresh-lock.ts";
import { openStore, type StorageMode } from "../../src/auth/store.ts";
import { reasonOf } from "../../src/errors.ts";
import { clientId } from "../../src/simulator/account.ts";
import { readTextIfPresent } from "../../src/storage/atomic-file.ts";
import { createMemoryKeyring, fakeKeytarSource } from "../auth/fake-keyring.ts";
import { login } from "../auth/tokens.ts";
import { type BuiltCli, buildCli } from "../helpers/built-cli.ts";
import { startTap, type Tap } from "../helpers/tap.ts";
import { startStandInHome } from "../helpers/test-io.ts";
import { approveDevice, realClock } from "../helpers/test-relay.ts";

let cli: BuiltCli;
const device = ["login", "--device"];
const preload = join(import.meta.dirname, "..", "auth", "die-at-step.mjs");

beforeAll(async () => {
  cli = await buildCli();
  const folder = join(cli.folder, "node_modules", "keytar");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{"name":"keytar","main":"index.cjs"}');
  await writeFile(join(folder, "index.cjs"), fakeKeytarSource("process.env.FAKE_KEYRING"));
});
afterAll(() => cli?.remove());

interface Place {
  readonly home: string;
  readonly mode: StorageMode;
}

const dataDirOf = ({ home }: Place): string => join(home, ".airelays");
const keyringEnv = ({ home }: Place) => ({ FAKE_KEYRING: join(home, "keyring.json") });

function run(argv: readonly string[], place: Place, tap: Tap, more: Record<string, string>) {
  const { home, mode } = place;
  return cli.start(argv, {
    home,
    env: { ...tap.env, ...keyringEnv(place), AIRELAYS_AUTH_STORAGE: mode, ...more },
    node: ["--import", preload, join(cli.folder, "main.js")],
  }).done;
}

/** The store as a process that starts now finds it; `keep` writes back what it put into the keyring. */
async function openAt(place: Place, mode = place.mode) {
  const { FAKE_KEYRING: file } = keyringEnv(place);
  const text = (await readTextIfPresent(file)) ?? "{}";
  const entries = new Map<string, string>(Object.entries(JSON.parse(text)));
  const store = openStore({
    mode,
    dataDir: dataDirOf(place),
    platform: "linux",
    keyring: createMemoryKeyring(entries),
    onNotice: expect.unreachable,
  });
  const keep = () => writeFile(file, JSON.stringify(Object.fromEntries(entries)));
  return { store, keep };
}

/** Signs in as another process would, without waiting for a lock, and out, which leaves nothing. */
async function signInAndOut(place: Place): Promise<void> {
  const dataDir = dataDirOf(place);
  // The lock of a dead process is renewed by nobody; ten seconds make it stale.
  const longAgo = new Date(Date.now() - 11_000);
  await utimes(join(dataDir, "auth.lock"), longAgo, longAgo).catch(() => undefined);
  const { store } = await openAt(place);
  const lock = createRefreshLock({
    dataDir,
    clock: realClock,
    sleep: () => Promise.reject(new Error("The lock of the dead process is in the way.")),
  });
  await lock(() => store.save(login({ refreshToken: "the next" })));
  expect((await store.load())?.refreshToken).toBe("the next");
  await store.clear();
  const names = await readdir(dataDir);
  expect(names.filter((name) => /^auth\.(json|sealed)/.test(name))).toEqual([]);
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly id_token: string;
}

/** What the login server gave out, oldest first. */
function issuedBy(tap: Tap): Tokens[] {
  return tap.exchanges
    .filter(({ target }) => target === "POST /oauth/token")
    .map(({ answer }) => JSON.parse(answer) as Tokens)
    .map(({ access_token, refresh_token, id_token }) => ({ access_token, refresh_token, id_token }))
    .filter(({ access_token }) => access_token !== undefined);
}

async function storedTokens(place: Place, mode = place.mode): Promise<Tokens | undefined> {
  const stored = await (await openAt(place, mode)).store.load();
  if (stored === undefined) return undefined;
  const { accessToken = "", refreshToken = "", idToken = "" } = stored;
  return { access_token: accessToken, refresh_token: refreshToken, id_token: idToken };
}

interface Scenario {
  readonly mode: StorageMode;
  readonly argv: readonly string[];
  /** Where the login from before is; none when left out. */
  readonly from?: StorageMode;
  /** Some of what it does when nobody kills it: proof that the steps are seen. */
  readonly steps: readonly string[];
}

/** A home with the login from before, whose access token is expired: the next use refreshes it. */
async function arrange({ mode, from }: Scenario) {
  const { home, simulator } = await startStandInHome();
  const tap = await startTap(simulator.url);
  const place = { home, mode };
  if (from !== undefined) {
    const tokens = await signInAt(simulator.url);
    const [header, payload = "", signature] = tokens.access_token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    const ended = Buffer.from(JSON.stringify({ ...claims, exp: 1 })).toString("base64url");
    const grant = {
      accessToken: `${header}.${ended}.${signature}`,
      refreshToken: tokens.refresh_token,
      idToken: tokens.id_token,
    };
    const { store, keep } = await openAt(place, from);
    await store.save(credentialsOfSignIn(grant, Date.now()));
    await keep();
  }
  return { place, tap, before: await storedTokens(place, from) };
}

/** The device flow without a program. */
async function signInAt(url: string): Promise<Tokens> {
  const post = async (path: string, fields: Record<string, string>) => {
    const body = new URLSearchParams({ client_id: clientId, ...fields });
    return JSON.parse(await (await fetch(url + path, { method: "POST", body })).text());
  };
  const { device_auth_id, user_code } = await post("/api/accounts/deviceauth/usercode", {});
  await approveDevice(url, user_code);
  const polled = await post("/api/accounts/deviceauth/token", { device_auth_id, user_code });
  return post("/oauth/token", {
    grant_type: "authorization_code",
    code: polled.authorization_code,
    code_verifier: polled.code_verifier,
    redirect_uri: `${url}/deviceauth/callback`,
  });
}

/** The steps of the run that nobody killed, and what went wrong in the others. */
async function killAtEveryStep(scenario: Scenario) {
  const whole = await arrange(scenario);
  const stepsTo = join(whole.place.home, "steps.json");
  const result = await run(scenario.argv, whole.place, whole.tap, { STEPS_TO: stepsTo });
  expect(result).toMatchObject({ code: 0 });
  const steps = JSON.parse(await readFile(stepsTo, "utf8")) as string[];
  const problems: string[] = [];

  const dieBefore = async (step: number): Promise<void> => {
    const { place, tap, before } = await arrange(scenario);
    const { code } = await run(scenario.argv, place, tap, { DIE_AT_STEP: String(step) });
    const at = `before step ${step}, \`${steps[step - 1]}\``;
    if (code !== null) problems.push(`${at}: the program was not killed`);
    try {
      const after = JSON.stringify(await storedTokens(place));
      const allowed = [before, ...issuedBy(tap)].map((tokens) => JSON.stringify(tokens));
      if (!allowed.includes(after)) problems.push(`${at}: left something else`);
      await signInAndOut(place);
    } catch (error) {
      problems.push(`${at}: ${reasonOf(error)}`);
    }
  };
  const waiting = steps.map((_, index) => index + 1);
  const worker = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      await dieBefore(step);
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  return { steps, problems };
}

const inFile = ["answer", "mkdir", "open", "write", "rename", "rmdir"];
const withKeyring = [...inFile, "spawn", "rm"];
const limitMs = 60_000;

describe("killed at every step", () => {
  it.each<[what: string, Scenario]>([
    [
      "a sign-in over an older one in a file",
      {
        mode: "file",
        from: "file",
        argv: device,
        steps: inFile,
      },
    ],
    [
      "a refresh in a file",
      {
        mode: "file",
        from: "file",
        argv: ["models"],
        steps: inFile,
      },
    ],
    [
      "a first sign-in with a keyring",
      {
        mode: "keyring",
        argv: device,
        steps: withKeyring,
      },
    ],
    [
      "a refresh with a keyring",
      {
        mode: "keyring",
        from: "keyring",
        argv: ["models"],
        steps: withKeyring,
      },
    ],
    [
      "a refresh that moves into the keyring",
      {
        mode: "keyring",
        from: "file",
        argv: ["models"],
        steps: withKeyring,
      },
    ],
    [
      "a refresh that moves out of the keyring",
      {
        mode: "file",
        from: "keyring",
        argv: ["models"],
        steps: withKeyring,
      },
    ],
  ])(
    "T34 %s leaves a whole login",
    async (_, scenario) => {
      const { steps, problems } = await killAtEveryStep(scenario);
      expect(steps).toEqual(expect.arrayContaining([...scenario.steps]));
      expect(problems).toEqual([]);
    },
    limitMs,
  );
});
