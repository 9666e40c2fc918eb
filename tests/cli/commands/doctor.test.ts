import { readFile } from "node:fs/promises";
import { join } from "node:path";
import picocolors from "picocolors";
import { describe, expect, it } from "vitest";
import { formatFinding } from "../../../src/cli/commands/doctor.ts";
import { version } from "../../../src/version.ts";
import { startServer } from "../../helpers/connect-proxy.ts";
import {
  type CommandResult,
  deadAddress,
  logIn,
  makeHome,
  runCommand,
  type StandInHome,
  startStandInHome,
} from "../../helpers/test-io.ts";

interface Shown {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
  readonly next: string | null;
}

/** A stand-in, a home with everything in it, and a port that is free. */
async function startHealthy(): Promise<StandInHome> {
  const standIn = await startStandInHome();
  const env = { ...standIn.env, AIRELAYS_PORT: new URL(await deadAddress()).port };
  await runCommand(["init"], { home: standIn.home, env });
  await logIn({ ...standIn, env });
  return { ...standIn, env };
}

async function setFaults({ simulator }: StandInHome, faults: object): Promise<void> {
  await fetch(`${simulator.url}/simulator/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(faults),
  });
}

function checksOf({ stdout }: CommandResult): Record<string, Shown> {
  const { checks } = JSON.parse(stdout) as { checks: Shown[] };
  return Object.fromEntries(checks.map((check) => [check.name, check]));
}

function statusesOf(result: CommandResult): Record<string, string> {
  return Object.fromEntries(
    Object.values(checksOf(result)).map(({ name, status }) => [name, status]),
  );
}

describe("doctor --json", () => {
  it("finds a healthy relay healthy, layer by layer, and exits 0", async () => {
    const healthy = await startHealthy();

    const result = await runCommand(["doctor", "--json"], healthy);

    expect({ stderr: result.stderr, code: result.code }).toEqual({ stderr: "", code: 0 });
    expect(JSON.parse(result.stdout)).toEqual({ ok: true, checks: expect.anything() });
    expect(Object.entries(statusesOf(result))).toEqual([
      ["config", "ok"],
      ["data_folder", "ok"],
      ["relay_token", "ok"],
      ["keyring", "skipped"],
      ["login", "ok"],
      ["proxy", "ok"],
      ["dns", "ok"],
      ["connect", "ok"],
      ["tls", "skipped"],
      ["cloudflare", "ok"],
      ["clock", "ok"],
      ["models", "ok"],
      ["answer", "skipped"],
      ["port", "ok"],
    ]);
    expect(checksOf(result)["answer"]).toEqual({
      name: "answer",
      status: "skipped",
      detail: "Not asked for: it spends a little of the plan.",
      next: "airelays doctor --live",
    });
  });

  it.each([
    ["http", "none", undefined, undefined],
    ["websocket", "none", "ok", "A WebSocket to the upstream opens."],
    ["auto", "none", "ok", "A WebSocket to the upstream opens. HTTP is taken where that fails."],
    [
      "auto",
      "upgrade_required",
      "warn",
      "No WebSocket opens, so requests go over HTTP: The upstream answered the WebSocket handshake with HTTP 426.",
    ],
    [
      "websocket",
      "upgrade_required",
      "fail",
      "The upstream answered the WebSocket handshake with HTTP 426.",
    ],
  ])(
    "looks at the transport %s where the handshake fault is %s",
    async (carrier, websocket, status, detail) => {
      const healthy = await startHealthy();
      await setFaults(healthy, { websocket });

      const env = { ...healthy.env, AIRELAYS_UPSTREAM_TRANSPORT: carrier };
      const result = await runCommand(["doctor", "--json"], { ...healthy, env });

      const { transport } = checksOf(result);
      expect([transport?.status, transport?.detail]).toEqual([status, detail]);
      expect(result.code).toBe(status === "fail" ? 1 : 0);
    },
  );

  it("asks for one answer with --live, of the first model, and says how long it took", async () => {
    const healthy = await startHealthy();

    const result = await runCommand(["doctor", "--json", "--live"], healthy);

    const { models, answer } = checksOf(result);
    const [, first = "?"] = /the first is (\S+)\.$/.exec(models?.detail ?? "") ?? [];
    expect(answer).toEqual({
      name: "answer",
      status: "ok",
      detail: expect.stringMatching(
        new RegExp(
          `^${first} answered: first output after [\\d.]+ m?s, all of it after [\\d.]+ m?s\\.$`,
        ),
      ),
      next: null,
    });
    expect(result.code).toBe(0);
  });

  it("says that the plan is spent when the answer does not come for that reason", async () => {
    const healthy = await startHealthy();
    await setFaults(healthy, { usage: "exhausted" });

    const result = await runCommand(["doctor", "--json", "--live"], healthy);

    expect(checksOf(result)["answer"]).toMatchObject({
      status: "fail",
      next: "Wait until the plan's window opens again",
    });
    expect(result).toMatchObject({
      stderr:
        "error: 1 of 14 checks failed: `answer`.\nhint: Wait until the plan's window opens again\n",
      code: 1,
    });
  });

  it("takes an answer that breaks off for none", async () => {
    const healthy = await startHealthy();
    const events = [
      `event: response.created\ndata: {"type":"response.created","response":{"id":"r","output":[]}}`,
      `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"re"}`,
    ];
    const port = await startServer((request, response) => {
      request.resume();
      if (request.method === "POST") response.end(`${events.join("\n\n")}\n\n`);
      else response.end(JSON.stringify({ models: [{ slug: "only" }] }));
    });
    const env = { ...healthy.env, AIRELAYS_UPSTREAM_BASE_URL: `http://127.0.0.1:${port}` };

    const result = await runCommand(["doctor", "--json", "--live"], { home: healthy.home, env });

    expect(checksOf(result)["answer"]).toMatchObject({
      status: "fail",
      detail: "only began to answer, and the stream ended before the answer was whole.",
    });
  });

  it("notices a web page in the place of the upstream", async () => {
    const healthy = await startHealthy();
    const port = await startServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
      response.end("<html>Welcome to the hotel</html>");
    });
    const env = { ...healthy.env, AIRELAYS_UPSTREAM_BASE_URL: `http://127.0.0.1:${port}` };

    const result = await runCommand(["doctor", "--json"], { home: healthy.home, env });

    expect(checksOf(result)["cloudflare"]).toMatchObject({
      status: "warn",
      detail: "`127.0.0.1`: a web page (200) came in place of the upstream's answer.",
    });
    expect(statusesOf(result)).toMatchObject({ models: "fail" });
  });

  it("knows since when a sign-in has ended", async () => {
    const healthy = await startHealthy();
    await setFaults(healthy, { access_tokens: "revoke", refresh: "invalidated" });

    const before = await runCommand(["doctor", "--json"], healthy);
    const after = await runCommand(["doctor", "--json"], healthy);

    // The first finds out at its call; from then on it is known.
    expect(statusesOf(before)).toMatchObject({ login: "ok", models: "fail", answer: "skipped" });
    expect(checksOf(before)["models"]).toMatchObject({ next: "airelays login" });
    expect(checksOf(after)["login"]).toMatchObject({
      status: "fail",
      detail: expect.stringMatching(/^The sign-in ended \d+ seconds ago \(2.*Z\): /),
      next: "airelays login",
    });
    expect(statusesOf(after)).toMatchObject({ models: "skipped" });
  });

  it("reports a config that cannot be read first, and looks no further", async () => {
    const home = await makeHome();

    const result = await runCommand(["doctor", "--json"], { home, env: { AIRELAYS_PORT: "x" } });

    const { config, ...rest } = checksOf(result);
    expect(config).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("environment AIRELAYS_PORT: `server.port` must be"),
    });
    expect(new Set(Object.values(rest).map(({ status }) => status))).toEqual(new Set(["skipped"]));
    expect(result.code).toBe(1);
  });

  it("warns of a variable that does nothing, and does not fail for it", async () => {
    const healthy = await startHealthy();
    const env = { ...healthy.env, AIRELAYS_PROT: "1" };

    const result = await runCommand(["doctor", "--json"], { home: healthy.home, env });

    expect(checksOf(result)["config"]).toMatchObject({
      status: "warn",
      detail: expect.stringContaining("`AIRELAYS_PROT` is not a setting"),
    });
    expect({ stderr: result.stderr, code: result.code }).toEqual({ stderr: "", code: 0 });
  });

  it("tells Cloudflare apart from the upstream", async () => {
    const healthy = await startHealthy();
    const blocked = await startServer((_request, response) => {
      response.writeHead(403, { "cf-mitigated": "challenge", "cf-ray": "abc-FRA" });
      response.end("<html>Just a moment...</html>");
    });
    const env = { ...healthy.env, AIRELAYS_UPSTREAM_BASE_URL: `http://127.0.0.1:${blocked}` };

    const result = await runCommand(["doctor", "--json"], { home: healthy.home, env });

    expect(checksOf(result)["cloudflare"]).toEqual({
      name: "cloudflare",
      status: "fail",
      detail:
        "`127.0.0.1`: Cloudflare blocked the request before it reached the upstream (ray id abc-FRA).",
      next: "Try another network, or without a VPN",
    });
    expect(statusesOf(result)).toMatchObject({ connect: "ok", models: "fail" });
  });

  it.each([
    [JSON.stringify({ ok: true, app_name: "AIRelays", version }), "ok"],
    [JSON.stringify({ ok: true, app_name: "AIRelays", version: "0.0.1" }), "warn"],
    ["<html>something else</html>", "fail"],
  ])("T62 knows who holds the port by %s", async (body, status) => {
    const healthy = await startHealthy();
    const port = await startServer((_request, response) => response.end(body));
    const env = { ...healthy.env, AIRELAYS_PORT: String(port) };

    const result = await runCommand(["doctor", "--json"], { home: healthy.home, env });

    expect(checksOf(result)["port"]?.status).toBe(status);
  });

  it("T26 prints no token, neither the relay's nor one of the sign-in", async () => {
    const healthy = await startHealthy();
    const folder = join(healthy.home, ".airelays");
    const { tokens } = JSON.parse(await readFile(join(folder, "auth.json"), "utf8"));
    const relayToken = (await readFile(join(folder, "relay-token"), "utf8")).trim();

    const outputs = await Promise.all([
      runCommand(["doctor", "--live"], healthy),
      runCommand(["doctor", "--json", "--live"], healthy),
    ]);

    const text = JSON.stringify(outputs);
    const secrets = [relayToken, tokens.access_token, tokens.refresh_token, tokens.id_token];
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  });
});

it("stands below the name of its check where the terminal is narrow", () => {
  const finding = {
    name: "relay_token",
    status: "fail",
    detail: "There is no relay token yet, and clients need one.",
    next: "airelays init",
  } as const;
  expect(formatFinding(finding, picocolors.createColors(false), 40)).toBe(
    "✗ fail     relay token\n    There is no relay token yet, and\n    clients need one.\n    next: airelays init\n",
  );
});

describe("doctor", () => {
  it("shows people a sign and a word for each check, and the step below", async () => {
    const dead = await deadAddress();
    const env = {
      AIRELAYS_UPSTREAM_BASE_URL: dead,
      AIRELAYS_ISSUER_BASE_URL: dead,
      AIRELAYS_PORT: "0",
    };
    const home = await makeHome();

    const { stdout, stderr, code } = await runCommand(["doctor"], { home, env });

    expect(code).toBe(1);
    expect(stderr).toBe(
      "error: 3 of 14 checks failed: `relay_token`, `login`, `connect`.\nhint: airelays init\n",
    );
    // Lines with a path wrap where the path ends.
    const lines = stdout.slice(stdout.indexOf("✗ fail     relay token"));
    expect(lines.replaceAll(new URL(dead).host, "127.0.0.1:1")).toMatchInlineSnapshot(`
      "✗ fail     relay token  There is no relay token yet.
                              next: airelays init
      - skipped  keyring      \`auth.storage\` is \`file\`: no keyring is used.
      ✗ fail     login        Not signed in to ChatGPT.
                              next: airelays login
      ✓ ok       proxy        None is set; calls go directly.
      ✓ ok       dns          127.0.0.1 needs no look-up.
      ✗ fail     connect      \`127.0.0.1:1\`: the connection was refused.
                              next: Start what should listen there, or change
                              \`upstream.base_url\`
      - skipped  tls          Not checked: it needs \`connect\`.
      - skipped  cloudflare   Not checked: it needs \`tls\`.
      - skipped  clock        Not checked: it needs \`tls\`.
      - skipped  models       Not checked: it needs \`login\`.
      - skipped  answer       Not checked: it needs \`models\`.
      ✓ ok       port         0: a free one is taken at each start.

      "
    `);
  });
});
