import { describe, expect, it } from "vitest";
import {
  deadAddress,
  failure,
  logIn,
  makeHome,
  runCommand,
  startStandInHome,
} from "../../helpers/test-io.ts";

describe("models", () => {
  it("prints the models of the plan in OpenAI's list shape with --json", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);

    const { stdout, stderr, code } = await runCommand(["models", "--json"], standIn);

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    const { object, data } = JSON.parse(stdout);
    expect(object).toBe("list");
    expect(data).toContainEqual({
      id: "gpt-5.5",
      object: "model",
      created: 0,
      owned_by: "airelays-upstream",
      airelays: expect.objectContaining({
        display_name: "gpt-5.5",
        context_window: 272_000,
        reasoning_efforts: ["low", "medium", "high", "xhigh"],
        default_reasoning_effort: "medium",
      }),
    });
  });

  it("prints a table for people, with the default effort marked", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);

    const { stdout, stderr, code } = await runCommand(["models"], standIn);

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^Model +Context {2}Efforts +Takes$/);
    expect(lines).toContainEqual(
      expect.stringMatching(/^gpt-5\.5 +272k +low medium\* high xhigh +text, images$/),
    );
    expect(lines.at(-1)).toBe("* is the default effort");
  });

  it("names the aliases of each model, and those that stand for none of them", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);
    const env = {
      ...standIn.env,
      AIRELAYS_MODEL_ALIASES: "mine=gpt-5.5-high, gpt-4o=gpt-5.5, x=old",
    };

    const { stdout } = await runCommand(["models"], { home: standIn.home, env });
    const json = await runCommand(["models", "--json"], { home: standIn.home, env });

    expect(stdout).toMatch(/\ngpt-5\.5 .* mine, gpt-4o\n/);
    expect(stdout).toMatch(/\nOther aliases: x for old\n$/);
    expect(JSON.parse(json.stdout).aliases).toEqual({
      mine: "gpt-5.5-high",
      "gpt-4o": "gpt-5.5",
      x: "old",
    });
  });

  it("lists what does not fit a narrow terminal", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);

    const terminal = { columns: 40, canRedraw: true };
    const { stdout } = await runCommand(["models"], { ...standIn, terminal });

    expect(stdout).toContain(
      "\ngpt-5.5\n  Context: 272k\n  Efforts: low medium* high xhigh\n  Takes: text, images\n",
    );
    expect(stdout.split("\n").filter((line) => line.length > 40)).toEqual([]);
  });

  it("asks for a sign-in with exit 4 when there is none", async () => {
    expect(await runCommand(["models"], { home: await makeHome() })).toEqual(
      failure(4, "error: Not signed in to ChatGPT. Run: airelays login"),
    );
  });

  it("names the upstream that cannot be reached, and exits 1", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);
    const dead = await deadAddress();
    const env = { ...standIn.env, AIRELAYS_UPSTREAM_BASE_URL: dead };

    expect(await runCommand(["models", "--json"], { home: standIn.home, env })).toEqual(
      failure(
        1,
        `error: Could not reach \`${new URL(dead).host}\`: the connection was refused.`,
        "hint: Check the network connection and `upstream.base_url`.",
      ),
    );
  });

  it("asks for a new sign-in with exit 4 when the login was revoked", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);
    await fetch(`${standIn.simulator.url}/simulator/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ access_tokens: "revoke", refresh: "invalidated" }),
    });

    const { stdout, stderr, code } = await runCommand(["models"], standIn);

    expect({ stdout, code }).toEqual({ stdout: "", code: 4 });
    expect(stderr).toMatch(/^error: [^\n]* Run: airelays login\n$/);
  });
});
