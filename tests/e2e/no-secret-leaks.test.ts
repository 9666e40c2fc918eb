/**
 * A whole session of commands as real processes, and then the search for every secret that it knew:
 * in what was printed, logged, kept and named, and in the arguments of the processes.
 */
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BuiltCli, buildCli } from "../helpers/built-cli.ts";
import { findSecrets, readTree, secretsIn } from "../helpers/canaries.ts";
import type { Finished, RunningChild } from "../helpers/running-child.ts";
import { startTap } from "../helpers/tap.ts";
import { startStandInHome } from "../helpers/test-io.ts";

let cli: BuiltCli;

beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli?.remove());

/** The arguments of a process and of its children, as every user of the machine may read them. */
function argumentsOf(pid: number): string {
  const children = readdirSync(`/proc/${pid}/task`).map((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8"),
  );
  const pids = [String(pid), ...children.join(" ").split(" ")].filter((one) => one !== "");
  return pids.map((one) => readFileSync(`/proc/${one}/cmdline`, "utf8")).join("\n");
}

async function arrange() {
  const { home, simulator } = await startStandInHome();
  const tap = await startTap(simulator.url);
  const env = { ...tap.env, AIRELAYS_LOG_STREAM_LINES: "true", AIRELAYS_RETRY_ATTEMPTS: "0" };
  const printed = new Map<string, string>();
  const start = (argv: readonly string[]): RunningChild => {
    const child = cli.start(argv, { home, env });
    const name = `${printed.size + 1}. airelays ${argv.join(" ")}`;
    printed.set(name, "");
    void child.done.then(({ stdout, stderr }) => printed.set(name, stdout + stderr));
    return child;
  };
  const run = (...argv: readonly string[]): Promise<Finished> => start(argv).done;
  const fault = (body: Record<string, string>) =>
    fetch(`${simulator.url}/simulator/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  return { home, tap, printed, start, run, fault };
}

type Session = Awaited<ReturnType<typeof arrange>>;

/** The consent page answers at once; only another test may hold the two ports for a moment. */
async function signInByBrowser({ start, printed }: Session): Promise<string> {
  for (;;) {
    const child = start(["login", "--browser"]);
    const address = await child.until(/^ {2}(http\S+)$/m).catch(() => undefined);
    if (address === undefined) {
      expect((await child.done).stderr).toContain("is in use");
      continue;
    }
    const page = await (await fetch(address[1] ?? "")).text();
    expect((await child.done).code).toBe(0);
    printed.set("the page in the browser", page);
    return address[1] ?? "";
  }
}

async function serveAndAsk({ start, printed, fault }: Session, token: string): Promise<void> {
  const relay = start(["serve", "--port", "0"]);
  const [, base = ""] = await relay.until(/Base URL: +(\S+)\n[\s\S]*Ctrl-C stops/);
  if (process.platform === "linux") printed.set("arguments", argumentsOf(relay.pid ?? 0));
  const authorization = `Bearer ${token}`;
  const answers: string[] = [];
  const ask = async (path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(base + path, {
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      headers: { authorization, "content-type": "application/json", ...headers },
    });
    // A cut stream breaks the read; what came is not kept, and the next answers are.
    const text = await response.text().catch(() => "");
    answers.push(`${JSON.stringify([...response.headers])}\n${text}`);
    return response.status;
  };
  const model = "gpt-5.5";
  const say = (input: string, more = {}) => ({ model, input, ...more });
  const statuses = [
    await ask("/models"),
    await ask("/subscription/status"),
    await ask("/relay/status"),
    await ask("/responses", say("Say tree.")),
    await ask("/responses", say("Say tree.", { stream: true })),
    await ask("/chat/completions", { model, messages: [{ role: "user", content: "Say tree." }] }),
    await ask("/responses", { model: 7 }),
    await ask(`/models?api_key=${token}`),
    await ask(`/nowhere/${token}`),
    await ask("/responses", say("no"), { authorization: `Bearer ${token}x` }),
    await ask("/responses", say("[sim:status code=500] no")),
    await ask("/responses", say("[sim:cut after=3] no", { stream: true })),
  ];
  expect(statuses.slice(0, 7)).toEqual([200, 200, 200, 200, 200, 200, 400]);
  // A refresh that works, and one that the login server refuses for good.
  await fault({ access_tokens: "expire" });
  expect(await ask("/responses", say("Say tree."))).toBe(200);
  await fault({ access_tokens: "revoke", refresh: "invalidated" });
  expect(await ask("/responses", say("Say tree."))).toBe(503);
  relay.interrupt();
  await relay.done;
  printed.set("answers", answers.join("\n"));
}

describe("a whole session", () => {
  it("shows, logs and leaves no secret but where it is meant to be", async () => {
    const session = await arrange();
    const { home, tap, printed, run, start } = session;
    const folder = join(home, ".airelays");
    const login = join(folder, "auth.json");
    const tokenFile = join(folder, "relay-token");

    const { relay_token: first } = JSON.parse((await run("init", "--json")).stdout);
    await run("models");
    await run("login", "--device");
    await run("status");
    await run("status", "--json");
    await run("models", "--json");
    const address = await signInByBrowser(session);
    await serveAndAsk(session, first);
    // The login server refuses to renew this login.
    await run("models");
    await session.fault({ refresh: "none" });
    await run("login", "--device");
    const crashed = start(["serve", "--port", "0"]);
    await crashed.until(/Ctrl-C stops/);
    process.kill(crashed.pid ?? 0, "SIGABRT");
    await crashed.done;
    const rotated = JSON.parse((await run("token", "rotate", "--json")).stdout);
    const second = (await readFile(tokenFile, "utf8")).trim();
    const shown = await run("token", "show");
    const kept = await readFile(login, "utf8");

    const secrets = secretsIn(tap.exchanges);
    secrets.set("relay token", new Set([first, second]));
    const counts = Object.fromEntries([...secrets].map(([name, { size }]) => [name, size]));
    expect(counts).toMatchObject({
      // Three sign-ins and a refresh; the browser's code has its own name for the same thing.
      access_token: 4,
      refresh_token: 4,
      id_token: 4,
      authorization_code: 2,
      code: 3,
      code_verifier: 3,
      device_auth_id: 2,
      state: 1,
    });
    expect(findSecrets(kept, secrets)).toEqual(["access_token", "id_token", "refresh_token"]);

    const files = await readTree(home, [login, tokenFile]);
    expect([...files.keys()].some((path) => path.endsWith(".log"))).toBe(true);
    await run("logout");
    const left = await readTree(home, [tokenFile]);
    const places = [...printed, ...files, ...left];
    const found = places.flatMap(([place, text]) =>
      findSecrets(text, secrets).map((name) => `${name} in ${place.replace(home, "~")}`),
    );
    expect(found.filter((one) => !isMeant.some((meant) => meant.test(one)))).toEqual([]);
    // The exceptions are what they say.
    expect([shown.stdout.includes(second), address.includes("state=")]).toEqual([true, true]);
    expect(JSON.stringify(rotated)).toContain(second);
  }, 60_000);
});

const isMeant = [
  // The person has to get it once, and asks for it here.
  /^relay token in \d+\. airelays (init --json|token show|token rotate --json)$/,
  // The address that the browser has to open.
  /^state in \d+\. airelays login --browser$/,
];
