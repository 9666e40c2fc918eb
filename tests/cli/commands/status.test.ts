import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeRunFile } from "../../../src/run-files.ts";
import { version } from "../../../src/version.ts";
import { logRequest } from "../../helpers/log-files.ts";
import {
  applyFaults,
  deadAddress,
  logIn,
  makeHome,
  runCommand,
  startCommand,
  startStandInHome,
} from "../../helpers/test-io.ts";

describe("status --json", () => {
  it("shows a new machine: nothing written, nobody signed in, two steps to go", async () => {
    const home = await makeHome();
    const data = join(home, ".airelays");

    const { stdout, stderr, code } = await runCommand(["status", "--json"], { home });

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    const { origins, usage, ...printed } = JSON.parse(stdout);
    expect(usage).toEqual({
      day: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
      requests: 0,
      input_tokens: 0,
      cached_tokens: 0,
      output_tokens: 0,
    });
    expect(printed).toEqual({
      relay: expect.objectContaining({
        app_name: "AIRelays",
        config_path: join(home, ".config", "airelays", "config.toml"),
        config_exists: false,
        host: "127.0.0.1",
        port: 8080,
        auth_storage_mode: "file",
        data_dir: data,
        logs_dir: join(data, "logs"),
        browser_open: false,
        require_bearer_auth: true,
        bearer_token_file: join(data, "relay-token"),
        bearer_token_present: false,
        bearer_token_source: null,
        bearer_token_fingerprint: null,
        auto_generate_bearer_token: false,
        rate_limit_per_minute: 120,
        rate_limit_burst: 40,
        concurrent_requests_per_ip: 8,
        failed_auth_window_seconds: 300,
        failed_auth_max_attempts: 8,
        failed_auth_block_seconds: 900,
        trust_x_forwarded_for: false,
        max_upload_bytes: 33_554_432,
        max_total_upload_bytes: 268_435_456,
        client_base_url: "http://127.0.0.1:8080/v1",
      }),
      running: [],
      auth: {
        authenticated: false,
        credentials_present: false,
        account_bound: false,
        ready_for_requests: false,
        mode: null,
        email: null,
        plan_type: null,
        account_id: null,
        bound_account_id: null,
        has_openai_api_key: false,
        last_refresh: null,
        login_method: null,
        issued_at: null,
        expires_at: null,
        earliest_refresh_at: null,
        refresh_failure: null,
        error: null,
        auth_store_path: join(data, "auth.json"),
        keyring_service: null,
        storage_mode: "file",
      },
      quota: {
        known: false,
        problem: { code: "not_asked", message: expect.stringContaining("`--json` asks nobody") },
        captured_at: null,
        plan_type: null,
        limit_reached: null,
        binding_window: null,
        windows: [],
      },
      last_errors: [],
      client: {
        base_url: "http://127.0.0.1:8080/v1",
        models_url: "http://127.0.0.1:8080/v1/models",
        requires_bearer_auth: true,
        authorization_header: "Authorization: Bearer <relay token>",
        token_file: join(data, "relay-token"),
        reveal_token_command: "airelays token show",
        rotate_token_command: "airelays token rotate",
      },
      notices: [],
      next_steps: ["airelays init", "airelays login"],
    });
    expect(origins).toMatchObject({
      "server.port": "default",
      "auth.storage": "environment AIRELAYS_AUTH_STORAGE",
    });
    expect(await readdir(home)).toEqual([]);
  });

  it("shows a machine that is ready, serve as the one next step, and asks nobody for a script", async () => {
    const standIn = await startStandInHome();
    await runCommand(["init"], standIn);
    await logIn(standIn);
    await fetch(`${standIn.simulator.url}/simulator/requests`, { method: "DELETE" });

    const { stdout, stderr, code } = await runCommand(["status", "--json"], standIn);

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    const printed = JSON.parse(stdout);
    const token = await readToken(standIn.home);
    const { bound_account_id, last_refresh } = JSON.parse(
      await readFile(join(standIn.home, ".airelays", "auth.json"), "utf8"),
    );
    expect(printed.auth).toEqual({
      authenticated: true,
      credentials_present: true,
      account_bound: true,
      ready_for_requests: true,
      mode: "chatgpt",
      email: "demo@airelays.invalid",
      plan_type: "pro",
      account_id: bound_account_id,
      bound_account_id,
      has_openai_api_key: false,
      last_refresh,
      login_method: "device",
      issued_at: expect.stringMatching(/^\d{4}-/),
      expires_at: expect.stringMatching(/^\d{4}-/),
      earliest_refresh_at: expect.stringMatching(/^\d{4}-/),
      refresh_failure: null,
      error: null,
      auth_store_path: join(standIn.home, ".airelays", "auth.json"),
      keyring_service: null,
      storage_mode: "file",
    });
    expect(printed.relay).toMatchObject({
      config_exists: true,
      bearer_token_present: true,
      bearer_token_source: "file",
      bearer_token_fingerprint: createHash("sha256").update(token).digest("hex").slice(0, 12),
    });
    expect(printed.next_steps).toEqual(["airelays serve --host 127.0.0.1 --port 8080"]);
    expect(printed.quota).toMatchObject({
      known: false,
      problem: { code: "not_asked", message: expect.stringContaining("`--json` asks nobody") },
    });
    await runCommand(["status", "--offline"], standIn);
    const calls = await (await fetch(`${standIn.simulator.url}/simulator/requests`)).json();
    expect(calls).toEqual([]);
  });

  it("tells every window of the plan, when it resets, and which one binds", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);

    const { stdout, stderr, code } = await runCommand(["status", "--json", "--check"], standIn);

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const week = { window_minutes: 10_080, resets_at: time };
    expect(JSON.parse(stdout).quota).toEqual({
      known: true,
      problem: null,
      captured_at: time,
      plan_type: "pro",
      limit_reached: false,
      binding_window: "weekly",
      windows: [
        {
          window: "5h",
          of: null,
          used_percent: 12,
          remaining_percent: 88,
          window_minutes: 300,
          resets_at: time,
          binding: false,
        },
        {
          window: "weekly",
          of: null,
          used_percent: 34,
          remaining_percent: 66,
          ...week,
          binding: true,
        },
        {
          window: "weekly",
          of: "GPT-5.3-Codex-Spark",
          used_percent: 0,
          remaining_percent: 100,
          ...week,
          binding: false,
        },
      ],
    });
  });

  it("says why the plan is not known, and everything else all the same", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);
    const dead = await deadAddress();
    const env = { ...standIn.env, AIRELAYS_UPSTREAM_BASE_URL: dead };

    const { stdout, code } = await runCommand(["status", "--json", "--check"], {
      home: standIn.home,
      env,
    });

    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      auth: { ready_for_requests: true },
      quota: {
        known: false,
        problem: {
          code: "upstream_unreachable",
          message: `Could not reach \`${new URL(dead).host}\`: the connection was refused.`,
        },
      },
    });
  });

  it("names the file of the login under `auth_file` too, where older scripts look", async () => {
    const home = await makeHome();

    const { stdout } = await runCommand(["status", "--json"], { home });

    expect(JSON.parse(stdout)).toMatchObject({
      relay: { auth_file: join(home, ".airelays", "auth.json") },
    });
  });

  it("asks for no relay token in open mode", async () => {
    const home = await makeHome();
    const env = { AIRELAYS_REQUIRE_BEARER_AUTH: "false" };

    const { stdout } = await runCommand(["status", "--json"], { home, env });

    expect(JSON.parse(stdout)).toMatchObject({
      relay: { require_bearer_auth: false, bearer_token_present: false },
      client: { requires_bearer_auth: false },
      next_steps: ["airelays login"],
    });
  });
});

describe("status of a relay that runs", () => {
  it("tells where, since when, and which of them is of another version", async () => {
    const standIn = await startStandInHome();
    await runCommand(["init"], standIn);
    await logIn(standIn);
    const serving = startCommand(["serve", "--port", "0"], standIn);
    const [, url = ""] = await serving.until(/Base URL: +(\S+)\/v1\n[\s\S]*Ctrl-C stops/);
    const json = JSON.parse((await runCommand(["status", "--json"], standIn)).stdout);
    const { instance } = (await (await fetch(`${url}/healthz`)).json()) as { instance: string };
    const dataDir = join(standIn.home, ".airelays");
    const old = { instance, pid: 4711, url, startedAt: Date.now() - 7_200_000, version: "0.0.1" };
    await writeRunFile(dataDir, old);
    const { stdout } = await runCommand(["status"], standIn);
    serving.stop();
    await serving.done;

    expect({ running: json.running, next: json.next_steps }).toEqual({
      running: [
        {
          url,
          ollama_url: null,
          pid: process.pid,
          started_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
          started_by: "terminal",
          version,
          same_version: true,
        },
      ],
      // It serves already.
      next: [],
    });
    expect(stdout).toContain(
      `On this machine\n  Running:           ${url}, process 4711, for 2 hours\n` +
        `  Its version:       0.0.1; this is ${version}: airelays restart\n`,
    );
    // Not the port that is configured: nobody answers there.
    expect(json.client.base_url).toBe(`${url}/v1`);
    expect(stdout).toContain(`Client setup\n  Base URL:          ${url}/v1\n`);
  });
});

describe("the last errors", () => {
  const failed = (code: string, outcome = "rejected") =>
    [
      ["inbound_request", { method: "POST", path: "/v1/responses" }],
      ["outbound_response", { status_code: 404, outcome, error: { code } }],
    ] as const;
  const now = Date.now();
  const idOf = (letter: string): string => `req_${letter.repeat(32)}`;
  const at = (minutes: number): number => now - minutes * 60_000;

  it("are those of the last day, the newest first, each with the command that explains it", async () => {
    const home = await makeHome();
    await logRequest(home, { id: idOf("a"), at: at(60 * 25), records: failed("too_old") });
    await logRequest(home, { id: idOf("b"), at: at(180), records: failed("not_found") });
    await logRequest(home, { id: idOf("c"), at: at(5), records: failed("x", "client_gone") });
    await logRequest(home, { id: idOf("d"), at: at(4), records: failed("x", "completed") });
    await logRequest(home, { id: idOf("e"), at: at(3), records: failed("invalid_request") });

    const { stdout } = await runCommand(["status"], { home });
    const json = JSON.parse((await runCommand(["status", "--json"], { home })).stdout);

    expect(stdout).toContain(
      "Last errors\n" +
        "  3 minutes ago:     404 invalid_request, POST /v1/responses; airelays why eeeeeeee\n" +
        "  3 hours ago:       404 not_found, POST /v1/responses; airelays why bbbbbbbb\n\n",
    );
    expect(json.last_errors).toEqual([
      expect.objectContaining({ request_id: idOf("e"), error_code: "invalid_request" }),
      {
        request_id: idOf("b"),
        accepted_at: new Date(at(180)).toISOString(),
        method: "POST",
        path: "/v1/responses",
        model: null,
        status_code: 404,
        outcome: "rejected",
        error_code: "not_found",
      },
    ]);
  });

  it("are three at most, and none where nothing failed", async () => {
    const home = await makeHome();
    expect((await runCommand(["status"], { home })).stdout).not.toContain("Last errors");
    for (const letter of ["a", "b", "c", "d"]) {
      await logRequest(home, { id: idOf(letter), at: at(1), records: failed("not_found") });
    }
    const { stdout } = await runCommand(["status"], { home });
    expect(stdout.match(/airelays why (\w)/g)).toHaveLength(3);
  });
});

describe("status --check", () => {
  it("calls the upstream, and ends with 0 when requests would work", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);

    const { stdout, code } = await runCommand(["status", "--check", "--json"], standIn);

    expect({ check: JSON.parse(stdout).check, code }).toEqual({
      check: { ok: true, models: expect.any(Number) },
      code: 0,
    });
  });

  it("ends with 4 when nobody is signed in, and with 1 when nobody answers; the JSON is whole", async () => {
    const home = await makeHome();
    const missing = await runCommand(["status", "--check", "--json"], { home });
    expect([JSON.parse(missing.stdout).check.code, missing.code]).toEqual([
      "upstream_auth_missing",
      4,
    ]);

    const standIn = await startStandInHome();
    await logIn(standIn);
    const env = { ...standIn.env, AIRELAYS_UPSTREAM_BASE_URL: `${await deadAddress()}/codex` };
    const away = await runCommand(["status", "--check", "--json"], { ...standIn, env });
    expect([JSON.parse(away.stdout).check.code, away.code]).toEqual(["upstream_unreachable", 1]);
  });
});

describe("status", () => {
  it("shows people the same, with what the environment overrides", async () => {
    const home = await makeHome();

    const { stdout, stderr, code } = await runCommand(["status"], {
      home,
      env: { AIRELAYS_PORT: "8181" },
    });

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout.replaceAll(home, "~")).toMatchInlineSnapshot(`
      "AIRelays status

      Relay
        Config file:       ~/.config/airelays/config.toml (not written yet)
        Overridden:        server.port, by environment AIRELAYS_PORT
        Overridden:        auth.storage, by environment AIRELAYS_AUTH_STORAGE
        Address:           127.0.0.1, port 8181
        Data folder:       ~/.airelays
        Transit log:       ~/.airelays/logs (full)
        Relay token:       missing
        Rate limit:        120/min, burst 40
        Concurrent:        8 per address

      On this machine
        Running:           no

      Sign-in
        Ready:             no
        Account:           not set
        Plan:              not set
        Signed in by:      not set
        Token issued:      not set
        Token ends:        not set
        Last refresh:      not set
        Kept in:           ~/.airelays/auth.json (file)

      Plan
        Left:              not known: It takes a sign-in that works.

      Client setup
        Base URL:          http://127.0.0.1:8181/v1
        Models URL:        http://127.0.0.1:8181/v1/models
        Bearer auth:       required
        Token file:        ~/.airelays/relay-token
        Reveal token:      airelays token show
        Rotate token:      airelays token rotate

      Next steps
        1. airelays init
        2. airelays login
      "
    `);
  });

  it("shows a signed-in person enough to know the account by, and what becomes of the token", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);

    const { stdout } = await runCommand(["status"], standIn);

    const section = /Sign-in\n([\s\S]*?)\n\n/.exec(stdout)?.[1] ?? "";
    const lines = section.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d UTC(, \d+ seconds? ago)?/g, "THEN");
    expect(lines.replace(standIn.home, "~")).toMatchInlineSnapshot(`
      "  Ready:             yes
        Account:           d***@airelays.invalid
        Plan:              pro
        Signed in by:      device
        Token issued:      THEN
        Token ends:        THEN, in 10 days
        Last refresh:      THEN
        Kept in:           ~/.airelays/auth.json (file)"
    `);
  });

  it("says what is wrong with a login that cannot be read, and the rest all the same", async () => {
    const home = await makeHome();
    await runCommand(["init"], { home });
    const file = join(home, ".airelays", "auth.json");
    await writeFile(file, "{ not json", { mode: 0o600 });

    const { stdout, stderr, code } = await runCommand(["status"], { home });

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout).toContain(`Problem:           \`${file}\` does not hold a sign-in`);
    expect(stdout).toContain("Relay token:       present");
    expect(stdout).toContain("Next steps\n  1. airelays doctor\n");
  });

  it("says since when a login can no longer be renewed", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);
    await applyFaults(standIn, { access_tokens: "revoke", refresh: "invalidated" });

    const checked = await runCommand(["status", "--check"], standIn);
    const { stdout, code } = await runCommand(["status"], standIn);

    const ended = "The ChatGPT sign-in can no longer be renewed.";
    expect(checked.code).toBe(4);
    expect(checked.stdout).toContain(`Check:             failed: ${ended}`);
    expect(checked.stderr).toContain(`error: ${ended}`);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /Ready: +no\n +Ended: +\d{4}-\d\d-\d\d \d\d:\d\d UTC, \d+ seconds? ago: The/,
    );
    expect(stdout).toContain("Next steps\n  1. airelays init\n  2. airelays login\n");
  });

  it("shows the plan in words, with bars on a terminal and without them in --plain", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);
    const show = async (options: string[], columns?: number): Promise<string> => {
      const terminal = columns === undefined ? {} : { terminal: { columns, canRedraw: true } };
      const { stdout } = await runCommand(["status", ...options], { ...standIn, ...terminal });
      const section = /\nPlan\n([\s\S]*?)\n\n/.exec(stdout)?.[1] ?? "";
      return section.replaceAll(/(\w+ \d+ \w+ )?\d\d:\d\d, in \d (hours|days)/g, "THEN");
    };

    expect(await show([])).toMatchInlineSnapshot(`
      "  5h:                88 % left; resets THEN
        weekly, binding:   66 % left; resets THEN
        weekly:            100 % left of GPT-5.3-Codex-Spark; resets THEN"
    `);
    expect(await show([], 120)).toMatchInlineSnapshot(`
      "  5h:                [#########-] 88 % left; resets THEN
        weekly, binding:   [#######---] 66 % left; resets THEN
        weekly:            [##########] 100 % left of GPT-5.3-Codex-Spark; resets THEN"
    `);
    expect(await show(["--plain"], 120)).toBe(await show([]));
    const narrow = await show([], 40);
    expect(narrow).toContain("  weekly, binding:\n    [#######---] 66 % left; resets");
    expect(narrow.split("\n").filter((line) => line.length > 40)).toEqual([]);
    expect((await show([], 80)).split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it("says of port 0 what it means, and names no address that nobody has", async () => {
    const home = await makeHome();
    const env = { AIRELAYS_PORT: "0" };

    const { stdout } = await runCommand(["status"], { home, env });

    expect(stdout).toContain("Address:           127.0.0.1, a free port at each start\n");
    expect(stdout).toContain("Base URL:          told by `airelays serve`\n");
    expect(stdout).not.toContain(":0/v1");
  });

  it("never prints the relay token or a token of the sign-in", async () => {
    const standIn = await startStandInHome();
    await runCommand(["init"], standIn);
    await logIn(standIn);
    const { tokens } = JSON.parse(
      await readFile(join(standIn.home, ".airelays", "auth.json"), "utf8"),
    );
    const secrets = [
      await readToken(standIn.home),
      tokens.access_token,
      tokens.refresh_token,
      tokens.id_token,
      "token-of-the-environment",
    ];
    const env = { ...standIn.env, AIRELAYS_BEARER_TOKEN: "token-of-the-environment" };

    const outputs = await Promise.all([
      runCommand(["status"], standIn),
      runCommand(["status", "--json"], standIn),
      runCommand(["status", "--json"], { home: standIn.home, env }),
    ]);

    const text = JSON.stringify(outputs);
    expect(outputs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  });
});

describe("status --watch", () => {
  it("prints a line of JSON for each change, where a script reads", async () => {
    const standIn = await startStandInHome();
    const command = startCommand(["status", "--watch", "--json"], standIn);

    await command.until(/^\{.*"config_exists":false.*\}\n$/);
    await runCommand(["init"], standIn);
    await command.until(/"bearer_token_present":true.*\}\n$/);
    command.stop();

    const { stdout, stderr, code } = await command.done;
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.at(0).next_steps).toEqual(["airelays init", "airelays login"]);
    expect(lines.at(-1).next_steps).toEqual(["airelays login"]);
    expect(new Set(lines.map((line) => JSON.stringify(line))).size).toBe(lines.length);
  });

  it("draws over what it drew on a terminal, and not in --plain", async () => {
    const home = await makeHome();
    const terminal = { columns: 80, canRedraw: true };
    const drawn = startCommand(["status", "--watch"], { home, terminal });
    const plain = startCommand(["status", "--watch", "--plain"], { home, terminal });

    const clear = "\u001b\\[H\u001b\\[J";
    await drawn.until(new RegExp(`(${clear}AIRelays status[\\s\\S]*Ctrl-C stops\\.\n){2}`));
    await plain.until(/Next steps\n.*\n.*\n/);
    drawn.stop();
    plain.stop();

    const { stdout } = await plain.done;
    expect(stdout.match(/AIRelays status/g)).toHaveLength(1);
    expect(stdout).not.toContain("\u001b");
    await drawn.done;
  });
});

async function readToken(home: string): Promise<string> {
  return (await readFile(join(home, ".airelays", "relay-token"), "utf8")).trim();
}
