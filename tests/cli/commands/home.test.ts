import { describe, expect, it } from "vitest";
import { nextStep, type State } from "../../../src/cli/commands/home.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { version } from "../../../src/version.ts";
import {
  logIn,
  makeHome,
  runCommand,
  startCommand,
  startStandInHome,
} from "../../helpers/test-io.ts";
import { testRuntime } from "../../helpers/test-relay.ts";

describe("airelays alone", () => {
  it("tells a new person the one command that does it all", async () => {
    const home = await makeHome();
    const { stdout, stderr, code } = await runCommand([], { home });
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout.replaceAll(home, "~").replace(version, "1.2.3")).toMatchInlineSnapshot(`
      "AIRelays

      Version 1.2.3
        Config file:       none yet
        Relay token:       none yet
        Signed in:         no; run: airelays login
        Running:           no

      Next step
        airelays start
        It sets everything up, signs you in, and serves.

      All commands: airelays --help
      "
    `);
  });

  it("tells where the relay runs and who is signed in, and what a client needs", async () => {
    const standIn = await startStandInHome();
    await runCommand(["init"], standIn);
    await logIn(standIn);
    const serving = startCommand(["serve", "--port", "0"], standIn);
    const [, url = ""] = await serving.until(/Base URL: +(\S+)\/v1\n[\s\S]*Ctrl-C stops/);
    const { stdout, code } = await runCommand([], standIn);
    serving.stop();
    await serving.done;
    expect(code).toBe(0);
    expect(stdout).toContain(`Running:           ${url}, process ${process.pid}, for `);
    expect(stdout).toContain("Signed in:         d***@airelays.invalid, pro\n");
    expect(stdout).toMatch(/Next step\n {2}airelays connect\n/);
  });

  it("takes a config file that is named and not there for a first run", async () => {
    const home = await makeHome();
    const { stdout, code } = await runCommand(["--config", "/not/there.toml"], { home });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/Config file: +none yet\n/)]);
  });
});

describe("the next step", () => {
  const ready = { ready_for_requests: true, error: null };
  const signedOut = { ready_for_requests: false, error: null };
  const unreadable = { ready_for_requests: false, error: { code: "x", message: "y" } };
  const current = [{ version }];

  it.each<[what: string, changes: Partial<State>, command: string, meaning: string]>([
    ["is new", { auth: signedOut, hasToken: false }, "start", "signs you in, and serves"],
    ["is set up", { exists: true }, "start", "It serves."],
    ["is signed out", { exists: true, auth: signedOut }, "start", "It signs you in and serves."],
    ["has an unsafe token", { tokenProblem: "short" }, "doctor", "what is wrong"],
    ["has a locked keyring", { auth: unreadable, running: current }, "doctor", "what is wrong"],
    ["serves without a token", { running: current, hasToken: false }, "init", "token"],
    ["serves signed out", { running: current, auth: signedOut }, "login", "by itself"],
    ["was updated", { running: [{ version: "0.0.1" }] }, "restart", "another version"],
    ["serves", { running: current }, "connect", "the settings of each tool"],
  ])("is the right one when this machine %s", async (_, changes, command, meaning) => {
    const { config } = await loadConfig(testRuntime("/nowhere"));
    const base = { config, exists: false, auth: ready, running: [], hasToken: true };
    expect(nextStep({ ...base, tokenProblem: undefined, ...changes })).toEqual({
      command: `airelays ${command}`,
      meaning: expect.stringContaining(meaning),
    });
  });
});
