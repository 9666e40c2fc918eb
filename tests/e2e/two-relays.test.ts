/**
 * Two relay processes on one data folder, and many requests at the moment when the login has to be
 * renewed. A refresh token works once: a second refresh would end the login for both.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BuiltCli, buildCli } from "../helpers/built-cli.ts";
import { logIn, runCommand, startStandInHome } from "../helpers/test-io.ts";

const requestsEach = 50;
let cli: BuiltCli;

beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli?.remove());

/** `prepare` changes what is stored before the relays read it, which they do when they start. */
async function startTwoRelays(prepare: (home: string) => Promise<void> = async () => undefined) {
  const standIn = await startStandInHome();
  const { home, env, simulator } = standIn;
  const { stdout } = await runCommand(["init", "--json"], { home });
  const authorization = `Bearer ${JSON.parse(stdout).relay_token}`;
  expect((await logIn(standIn)).code).toBe(0);
  await prepare(home);
  const open = {
    ...env,
    AIRELAYS_CONCURRENT_REQUESTS_PER_IP: "1000",
    AIRELAYS_RATE_LIMIT_PER_MINUTE: "10000",
    AIRELAYS_RATE_LIMIT_BURST: "10000",
  };
  const relays = [1, 2].map(() => cli.start(["serve", "--port", "0"], { home, env: open }));
  const urls = await Promise.all(
    relays.map(async (relay) => (await relay.until(/Base URL: +(\S+)\n[\s\S]*Ctrl-C stops/))[1]),
  );
  /** The status of every answer, from all relays at once. */
  const askAll = async (): Promise<number[]> => {
    const asked = urls.flatMap((url) =>
      Array.from({ length: requestsEach }, async (_, index) => {
        const response = await fetch(`${url}/responses`, {
          method: "POST",
          headers: { authorization, "content-type": "application/json" },
          body: JSON.stringify({ model: "gpt-5.5", input: `Say ${index}.` }),
        });
        await response.text();
        return response.status;
      }),
    );
    return Promise.all(asked);
  };
  const refreshes = async (): Promise<number> => {
    const state = await (await fetch(`${simulator.url}/simulator/state`)).json();
    return (state as { refreshes: number }).refreshes;
  };
  const stop = async (): Promise<void> => {
    for (const relay of relays) relay.interrupt();
    await Promise.all(relays.map(({ done }) => done));
  };
  return { simulator, askAll, refreshes, stop };
}

/** The stored login, with an access token that ended an hour ago. */
async function expireStoredToken(home: string): Promise<void> {
  const path = join(home, ".airelays", "auth.json");
  const login = JSON.parse(await readFile(path, "utf8"));
  const [header, payload = "", signature] = login.tokens.access_token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
  claims.exp = Math.floor(Date.now() / 1000) - 3600;
  const spoilt = Buffer.from(JSON.stringify(claims)).toString("base64url");
  login.tokens.access_token = [header, spoilt, signature].join(".");
  login.earliest_refresh_at = null;
  await writeFile(path, JSON.stringify(login), { mode: 0o600 });
}

const allAnswered = Array.from({ length: 2 * requestsEach }, () => 200);

describe("two relays with fifty requests each", () => {
  it("refresh once when the stored token has expired, and answer everybody", async () => {
    const { askAll, refreshes, stop } = await startTwoRelays(expireStoredToken);
    expect([await askAll(), await refreshes()]).toEqual([allAnswered, 1]);
    expect([await askAll(), await refreshes()]).toEqual([allAnswered, 1]);
    await stop();
  });

  it("refresh once when the upstream refuses a token that looks good, and answer everybody", async () => {
    const { simulator, askAll, refreshes, stop } = await startTwoRelays();
    expect([await askAll(), await refreshes()]).toEqual([allAnswered, 0]);
    await fetch(`${simulator.url}/simulator/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ access_tokens: "expire" }),
    });
    expect([await askAll(), await refreshes()]).toEqual([allAnswered, 1]);
    await stop();
  });
});
