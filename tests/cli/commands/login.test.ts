import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
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

async function setFault(standIn: StandInHome, fault: Record<string, string>): Promise<void> {
  const answer = await fetch(`${standIn.simulator.url}/simulator/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fault),
  });
  expect(answer.status).toBe(200);
}

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

  it("shows none of the tokens that it stored", async () => {
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
    await setFault(standIn, { device: "deny" });

    const { stdout, stderr, code } = await runCommand(device, standIn);

    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toMatch(
      /\nerror: The sign-in was declined on the consent page \(`access_denied`\)\. Run: airelays login --device\n$/,
    );
  });

  it("points to the browser where device sign-in is switched off", async () => {
    const standIn = await startStandInHome();
    await setFault(standIn, { device: "disabled" });

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
      `\nerror: The sign-in is stored, but the first call with it failed: Could not reach \`${new URL(dead).host}\`: the connection was refused.\nhint: Check with: airelays models\n`,
    );
  });
});

describe("login", () => {
  it("takes one way to sign in, not two", async () => {
    expect(
      await runCommand(["login", "--device", "--browser"], { home: await makeHome() }),
    ).toEqual(failure(2, "error: `--device` and `--browser` exclude each other. Give one."));
  });
});
