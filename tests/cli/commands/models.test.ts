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
    expect(lines[0]).toMatch(/^Model +Context {2}Reasoning efforts$/);
    expect(lines).toContainEqual(
      expect.stringMatching(/^gpt-5\.5 +272k {2}low medium\* high xhigh$/),
    );
    expect(lines.at(-1)).toBe("* is the default");
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
