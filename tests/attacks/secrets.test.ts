/** Tokens that want out: T25 to T28 of tests/attacks/README.md. */
import { readdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { logIn, runCommand, startCommand, startStandInHome } from "../helpers/test-io.ts";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";

let relay: TestRelay | undefined;
afterEach(async () => {
  await relay?.close();
  relay = undefined;
});

async function upstreamTokens(dataDir: string): Promise<string[]> {
  const { tokens } = JSON.parse(await readFile(join(dataDir, "auth.json"), "utf8")) as {
    tokens: Record<string, string>;
  };
  const { access_token = "", refresh_token = "", id_token = "" } = tokens;
  return [access_token, refresh_token, id_token];
}

/** An upstream that says what it was sent, as debug pages do. */
async function startEcho(): Promise<string> {
  const server = createServer((req, res) => {
    const message = `You sent ${req.headers.authorization}`;
    const isStream = req.method === "POST" && req.headers["x-status"] === undefined;
    res.writeHead(isStream ? 400 : 500, { "content-type": "application/json" });
    res.end(JSON.stringify({ error: { message, code: "echo", type: "invalid_request_error" } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/codex`;
}

describe("tokens", () => {
  it("T26 are in the answer of no route", async () => {
    relay = await startTestRelay({ env: { AIRELAYS_RATE_LIMIT_BURST: "10000" } });
    const secrets = [relay.token, ...(await upstreamTokens(relay.loaded.config.paths.dataDir))];
    const paths = [
      ...["/", "/healthz", "/v1/models", "/v1/models/gpt-5.5", "/v1/relay/status"],
      ...["/v1/subscription/status?raw=true", "/v1/account/rate_limits", "/v1/files"],
      ...["/v1/token", "/token", "/usage", "/v1/nothing", "/v1/responses", "/v1/relay/config"],
    ];
    for (const path of paths) {
      for (const method of ["GET", "POST", "DELETE"]) {
        const answer = await relay.get(path, { method });
        const told = JSON.stringify([...answer.headers]) + (await answer.text());
        expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);
      }
    }
  });

  it("T26 T27 are stopped where the upstream says them, told and logged, and counted", async () => {
    relay = await startTestRelay({ env: { AIRELAYS_UPSTREAM_BASE_URL: await startEcho() } });
    const { dataDir } = relay.loaded.config.paths;
    const secrets = [relay.token, ...(await upstreamTokens(dataDir))];
    const told: string[] = [];
    for (const stream of [true, false]) {
      const body = { model: "gpt-5.5", input: `My key is ${relay.token}.`, stream };
      told.push(await (await relay.post("/v1/responses", body)).text());
    }
    told.push(await (await relay.get("/v1/models")).text());
    expect(told).toEqual([
      expect.stringContaining("You sent Bearer [secret]"),
      expect.stringContaining("You sent Bearer [secret]"),
      expect.stringContaining("You sent Bearer [secret]"),
    ]);
    const status = (await (await relay.get("/v1/relay/status")).json()) as {
      security: { secrets_stopped: number };
    };
    expect(status.security.secrets_stopped).toBeGreaterThanOrEqual(5);

    const log = JSON.stringify([await relay.closeAndReadLog(), relay.notices, told]);
    expect(log).toContain("My key is [secret].");
    expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
  });

  it("T26 T27 are printed by no command but those that are asked for the relay token", async () => {
    const standIn = await startStandInHome();
    const { stdout } = await runCommand(["init", "--json"], standIn);
    const { relay_token } = JSON.parse(stdout) as { relay_token: string };
    await logIn(standIn);
    const secrets = [relay_token, ...(await upstreamTokens(join(standIn.home, ".airelays")))];
    for (const argv of [
      ["status"],
      ["status", "--json", "--check"],
      ["models", "--json"],
      ["init", "--json"],
      ["doctor", "--json"],
      ["serve", "--port", relay_token],
    ]) {
      const { stdout: data, stderr } = await runCommand(argv, standIn);
      const printed = data + stderr;
      expect([argv, secrets.filter((secret) => printed.includes(secret))]).toEqual([argv, []]);
    }
    const show = await runCommand(["token", "show", "--json"], standIn);
    expect(show.stdout).toContain(relay_token);
  });

  it("T25 of two installations are never the same", async () => {
    const tokens = new Set<string>();
    for (let i = 0; i < 3; i += 1) {
      const { stdout } = await runCommand(["init", "--json"], await startStandInHome());
      tokens.add((JSON.parse(stdout) as { relay_token: string }).relay_token);
    }
    expect(tokens.size).toBe(3);
  });

  it.runIf(process.platform !== "win32")(
    "T28 are in files that nobody else can read, whatever the umask",
    async () => {
      const before = process.umask(0);
      onTestFinished(() => {
        process.umask(before);
      });
      const standIn = await startStandInHome();
      await runCommand(["init"], standIn);
      await logIn(standIn);
      const command = startCommand(["serve", "--port", "0"], standIn);
      const [, url = ""] = await command.until(/Base URL: +(\S+)\n[\s\S]*Ctrl-C stops/);
      await fetch(`${url}/models`);
      command.stop();
      await command.done;

      const data = join(standIn.home, ".airelays");
      const names = await readdir(data, { recursive: true });
      expect(names.some((name) => name.endsWith(".log"))).toBe(true);
      for (const name of ["", ...names]) {
        const stats = await stat(join(data, name));
        expect([name, (stats.mode & 0o777).toString(8)]).toEqual([
          name,
          stats.isDirectory() ? "700" : "600",
        ]);
      }
    },
  );
});
