import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  applyFaults,
  deadAddress,
  failure,
  logIn,
  makeHome,
  runCommand,
  type StandInHome,
  startCommand,
  startStandInHome,
} from "../../helpers/test-io.ts";

const device = ["login", "--device"];

describe("login --device", () => {
  it("shows the page and the code, stores the login and proves it with a real call", async () => {
    const standIn = await startStandInHome();
    const { home, simulator } = standIn;

    const { stdout, stderr, code } = await logIn(standIn);

    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^Open this page on any device and enter the code:\n\n {2}http:\/\/127\.0\.0\.1:\d+\/codex\/device\n {2}[A-Z2-9]{4}-[A-Z2-9]{5}\n\nNever enter a code that somebody else sent you\.\n\n/,
    );
    expect(stderr).toContain(`  ${simulator.url}/codex/device\n`);
    const file = join(home, ".airelays", "auth.json");
    const { bound_account_id } = JSON.parse(await readFile(file, "utf8"));
    expect(stdout.replace(/[1-9]\d* available/, "N available")).toBe(`Signed in

ChatGPT account
  Email:             demo@airelays.invalid
  Plan:              pro
  Account ID:        ${bound_account_id}
  Stored in:         ${file}
  Models:            N available

Client setup
  Base URL:          http://127.0.0.1:8080/v1
  Models URL:        http://127.0.0.1:8080/v1/models
  Bearer auth:       required
  Token file:        ${join(home, ".airelays", "relay-token")}
  Reveal token:      airelays token show
  Rotate token:      airelays token rotate

Next steps
  1. airelays init
`);
  });

  it("T26 shows none of the tokens that it stored", async () => {
    const standIn = await startStandInHome();

    const { stdout, stderr } = await logIn(standIn);

    const stored = JSON.parse(await readFile(join(standIn.home, ".airelays", "auth.json"), "utf8"));
    for (const name of ["access_token", "refresh_token", "id_token"]) {
      expect(stored.tokens[name]).toEqual(expect.any(String));
      expect(stdout + stderr).not.toContain(stored.tokens[name]);
    }
  });

  it("names serve as the next step when the relay token is there", async () => {
    const standIn = await startStandInHome();
    await runCommand(["init"], standIn);

    const { stdout } = await logIn(standIn);

    expect(stdout).toContain("\nNext steps\n  1. airelays serve --host 127.0.0.1 --port 8080\n");
  });

  it("is what plain `login` does over SSH", async () => {
    const standIn = await startStandInHome();
    const env = { ...standIn.env, SSH_CONNECTION: "10.0.0.1 50000 10.0.0.2 22" };

    const { stdout, code } = await logIn({ ...standIn, env }, ["login"]);

    expect({ title: stdout.split("\n")[0], code }).toEqual({ title: "Signed in", code: 0 });
  });

  it("stops on Ctrl-C with exit 2 and stores nothing", async () => {
    const { home, env } = await startStandInHome();
    const command = startCommand(device, { home, env });
    await command.until(/enter the code/);

    command.stop();

    const { stdout, stderr, code } = await command.done;
    expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
    expect(stderr).toMatch(/\nerror: Sign-in cancelled\. Nothing was stored\.\n$/);
    expect(await readdir(home)).toEqual([]);
  });

  it("says that the sign-in was declined, and how to try again", async () => {
    const standIn = await startStandInHome();
    await applyFaults(standIn, { device: "deny" });

    const { stdout, stderr, code } = await runCommand(device, standIn);

    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toMatch(
      /\nerror: The sign-in was declined on the consent page \(`access_denied`\)\. Run: airelays login --device\n$/,
    );
  });

  it("points to the browser where device sign-in is switched off", async () => {
    const standIn = await startStandInHome();
    await applyFaults(standIn, { device: "disabled" });

    expect(await runCommand(device, standIn)).toEqual(
      failure(
        1,
        "error: Device sign-in is not enabled at this login server or for this account. Sign in with a browser. Run: airelays login --browser",
      ),
    );
  });

  it("refuses the login of another workspace and stores nothing", async () => {
    const standIn = await startStandInHome();

    const { stderr, code } = await logIn(standIn, [...device, "--workspace-id", "acme"]);

    expect(code).toBe(1);
    expect(stderr).toMatch(/\nerror: The sign-in is for workspace `.+`, but `acme` is required\. /);
    expect(await readdir(standIn.home)).toEqual([]);
  });

  it("names the login server that cannot be reached", async () => {
    const dead = await deadAddress();
    const env = { AIRELAYS_ISSUER_BASE_URL: dead };

    const { stdout, stderr, code } = await runCommand(device, { home: await makeHome(), env });

    const host = new URL(dead).host;
    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toMatch(/^error: .*\. Check the network, then try again\.\n$/);
    expect(stderr).toContain(`Could not reach \`${host}\`: `);
  });

  it("does not claim success when the first call with the login fails", async () => {
    const standIn = await startStandInHome();
    const dead = await deadAddress();
    const env = { ...standIn.env, AIRELAYS_UPSTREAM_BASE_URL: `${dead}/backend-api/codex` };

    const { stdout, stderr, code } = await logIn({ ...standIn, env });

    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toContain(
      `\nerror: The sign-in is stored, but the first call with it failed: Could not reach \`${new URL(dead).host}\`: the connection was refused.\nhint: Check with: airelays status --check\n`,
    );
  });
});

describe("login --json", () => {
  const eventsOf = (stdout: string) =>
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));

  it("prints one event a line, from the code to the proof", async () => {
    const standIn = await startStandInHome();

    const { stdout, code } = await logIn(standIn, ["login", "--device", "--json"]);

    const events = eventsOf(stdout).filter(({ event }) => event !== "waiting");
    expect(code).toBe(0);
    expect(events).toEqual([
      {
        event: "device_code",
        verification_url: `${standIn.simulator.issuerBaseUrl}/codex/device`,
        user_code: expect.stringMatching(/^[A-Z2-9]{4}-[A-Z2-9]{5}$/),
        expires_at: expect.stringMatching(/Z$/),
      },
      {
        event: "signed_in",
        email: "demo@airelays.invalid",
        plan_type: "pro",
        account_id: expect.any(String),
        stored_in: join(standIn.home, ".airelays", "auth.json"),
        models: expect.any(Number),
      },
    ]);
  });

  it("ends with the failure, and the exit code as ever", async () => {
    const standIn = await startStandInHome();
    const env = { ...standIn.env, AIRELAYS_ISSUER_BASE_URL: await deadAddress() };

    const { stdout, code } = await runCommand(["login", "--device", "--json"], {
      home: standIn.home,
      env,
    });

    expect([eventsOf(stdout), code]).toEqual([
      [
        {
          event: "failed",
          code: "upstream_unreachable",
          message: expect.stringContaining("Could not reach"),
        },
      ],
      1,
    ]);
  });
});

describe("login over another account's sign-in", () => {
  const typing = (answer: string) =>
    async function* () {
      yield answer;
    };

  it.each([
    ["y", 0, "account of the stand-in"],
    ["", 2, "account-before"],
    ["no", 2, "account-before"],
  ])("T40 asks, and `%s` ends with %i", async (answer, code, kept) => {
    const standIn = await startStandInHome();
    const file = await storeOtherAccount(standIn);

    const result = await logIn({ ...standIn, typed: typing(answer) });

    expect(result.code).toBe(code);
    expect(result.stderr).toContain(
      "b***@example.com is signed in here. Replace it with d***@airelays.invalid (pro)? [y/N] ",
    );
    expect(result.stderr).not.toContain("is replaced");
    const { bound_account_id } = JSON.parse(await readFile(file, "utf8"));
    expect(bound_account_id === "account-before").toBe(kept === "account-before");
    const requests = await fetch(`${standIn.simulator.url}/simulator/requests`);
    const calls = (await requests.json()) as { path: string }[];
    const revoked = calls.filter(({ path }) => path === "/oauth/revoke");
    expect(revoked).toHaveLength(code === 0 ? 0 : 1);
  });

  it("ends the new sign-in at its server when it cannot be stored here", async () => {
    const standIn = await startStandInHome();
    const file = join(standIn.home, ".airelays", "auth.json");
    await mkdir(join(file, "in-the-way"), { recursive: true, mode: 0o700 });

    const { stdout, stderr, code } = await logIn(standIn);

    expect([stdout, code]).toEqual(["", 1]);
    expect(stderr).toContain(file);
    const requests = await fetch(`${standIn.simulator.url}/simulator/requests`);
    const calls = (await requests.json()) as { path: string }[];
    expect(calls.at(-1)?.path).toBe("/oauth/revoke");
  });

  it("asks in one line, whatever the stored sign-in has for an address", async () => {
    const standIn = await startStandInHome();
    await storeOtherAccount(standIn, "before@example.com\u001b[2J\nyes");

    const { stderr } = await logIn({ ...standIn, typed: typing("") });

    expect(stderr).toContain("\nb***@example.com\ufffd[2J yes is signed in here. Replace it with ");
  });

  it("says so where nobody can be asked", async () => {
    const standIn = await startStandInHome();
    await storeOtherAccount(standIn);

    const { stderr, code } = await logIn(standIn);

    expect(stderr).toContain("note: The sign-in of b***@example.com is replaced by");
    expect(code).toBe(0);
  });
});

/** The login file of account-before, as an earlier sign-in left it. */
async function storeOtherAccount(
  { home }: StandInHome,
  email = "before@example.com",
): Promise<string> {
  const file = join(home, ".airelays", "auth.json");
  await mkdir(join(home, ".airelays"), { mode: 0o700 });
  const claims = Buffer.from(JSON.stringify({ email })).toString("base64url");
  const tokens = { access_token: "a", id_token: `e.${claims}.s`, account_id: "account-before" };
  await writeFile(
    file,
    JSON.stringify({ version: 1, bound_account_id: "account-before", tokens }),
    { mode: 0o600 },
  );
  return file;
}

describe("login --browser", () => {
  it("goes on with a code when the ports of the sign-in are taken, and says why", async () => {
    const standIn = await startStandInHome();
    for (const port of [1455, 1457]) await occupy(port);

    const { stderr, code } = await logIn(standIn, ["login", "--browser"]);

    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^note: The sign-in cannot wait for the browser: port 1455 is .* and port 1457 is .*\. Going on with a code\.\n/,
    );
  });
});

/** Nobody else can listen there afterwards; somebody may be there already. */
async function occupy(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.once("error", () => resolve());
    server.listen(port, "127.0.0.1", resolve);
  });
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
}

describe("login", () => {
  it("takes one way to sign in, not two", async () => {
    expect(
      await runCommand(["login", "--device", "--browser"], { home: await makeHome() }),
    ).toEqual(failure(2, "error: `--device` and `--browser` exclude each other. Give one."));
  });
});
