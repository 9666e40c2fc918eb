import { describe, expect, it } from "vitest";
import {
  applyFaults,
  deadAddress,
  failure,
  logIn,
  makeHome,
  runCommand,
  startStandInHome,
} from "../../helpers/test-io.ts";

/** Without the time of day, which is the machine's. */
const timeless = (text: string): string =>
  text.replaceAll(/(\w+ \d+ \w+ )?\d\d:\d\d, in \d (hours|days)/g, "THEN");

describe("quota", () => {
  it.each<[options: string[], code: number, answer: string]>([
    [[], 0, "yes: 66 % of the weekly window is left; it resets THEN\n"],
    [["--need", "66"], 0, "yes: 66 % of the weekly window is left; it resets THEN\n"],
    [
      ["--need", "67 %"],
      3,
      "no: 66 % of the weekly window is left; it resets THEN (67 % are needed)\n",
    ],
    [["--need", "67", "--window", "5h"], 0, "yes: 88 % of the 5h window is left; it resets THEN\n"],
  ])("%j answers with exit code %s", async (options, code, answer) => {
    const standIn = await startStandInHome();
    await logIn(standIn);

    const result = await runCommand(["quota", ...options], standIn);

    expect({ ...result, stdout: timeless(result.stdout) }).toEqual({
      stdout: answer,
      stderr: "",
      code,
    });
  });

  it("says no for a plan that is spent, whatever is needed, in JSON too", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);
    await applyFaults(standIn, { usage: "exhausted" });

    const { stdout, stderr, code } = await runCommand(["quota", "--json"], standIn);

    expect({ stderr, code }).toEqual({ stderr: "", code: 3 });
    expect(JSON.parse(stdout)).toMatchObject({
      enough: false,
      need_percent: 1,
      window: "all",
      remaining_percent: 0,
      known: true,
      limit_reached: true,
      binding_window: "5h",
    });
  });

  it("knows nothing without a sign-in, and exits 4", async () => {
    expect(await runCommand(["quota"], { home: await makeHome() })).toEqual(
      failure(4, "error: Not signed in to ChatGPT. Run: airelays login"),
    );
  });

  it("exits 1 when the upstream cannot be asked: that is no answer", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);
    const dead = await deadAddress();
    const env = { ...standIn.env, AIRELAYS_UPSTREAM_BASE_URL: dead };

    const { stdout, stderr, code } = await runCommand(["quota"], { home: standIn.home, env });

    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toContain("error: Could not reach");
  });

  it.each([
    [
      ["--need", "lots"],
      "`--need` must be a number of percent, from 0 to 100",
      "airelays quota --need 20",
    ],
    [
      ["--need", "101"],
      "`--need` must be a number of percent, from 0 to 100",
      "airelays quota --need 20",
    ],
    [
      ["--window", "week"],
      "`--window` must be one of `5h`, `weekly`, `all`, not `week`; did you mean `weekly`?",
      "airelays quota --help",
    ],
  ])("%j is wrong usage", async (options, message, hint) => {
    expect(await runCommand(["quota", ...options], { home: await makeHome() })).toEqual(
      failure(2, `error: ${message}`, `hint: ${hint}`),
    );
  });
});
