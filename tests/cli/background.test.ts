import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Programs } from "../../src/cli/programs.ts";
import { failure, makeHome, runCommand } from "../helpers/test-io.ts";

const begun = "Starting the relay in the background";

/** A child that prints this and ends so. */
function childThat(prints: string, code: number | null): Pick<Programs, "startDetached"> {
  return {
    async startDetached(_, { outputFile }) {
      await appendFile(outputFile, prints);
      return { processId: 1, ended: Promise.resolve(code), kill: () => undefined };
    },
  };
}

const detach = ["serve", "--detach", "--no-auth"];

describe("a relay that does not come to serve in the background", () => {
  it.each<[prints: string, code: number | null, exit: number, lines: string[]]>([
    ["note: x\nerror: One.\nhint: Two.\n", 2, 2, ["error: One.", "hint: Two."]],
    ["error: One.\nMore of it.\n", 1, 1, ["error: One.\nMore of it."]],
    ["error: One.\n", 4, 4, ["error: One."]],
  ])("gives its reason and its exit code: %j, %s", async (prints, code, exit, lines) => {
    const home = await makeHome();
    expect(await runCommand(detach, { home, programs: childThat(prints, code) })).toEqual(
      failure(exit, begun, ...lines),
    );
  });

  it.each<[prints: string, code: number | null, reason: string]>([
    ["", null, "The relay was killed before it answered."],
    ["a\nb\nc\nd\ne\nf\n", 7, "ended with exit code 7 before it answered, after:\nb\nc\nd\ne\nf"],
  ])("gives the end of what it printed when it gave none", async (prints, code, reason) => {
    const home = await makeHome();
    const result = await runCommand(detach, { home, programs: childThat(prints, code) });
    const log = join(home, ".airelays", "background.log");
    expect([result.code, result.stderr]).toEqual([1, expect.stringContaining(reason)]);
    expect(result.stderr).toContain(`hint: What it printed is in \`${log}\`.\n`);
  });

  it("says nothing of what an earlier one printed", async () => {
    const home = await makeHome();
    await runCommand(detach, { home, programs: childThat("error: Earlier.\n", 1) });
    const { stderr } = await runCommand(detach, { home, programs: childThat("", 1) });
    expect(stderr).not.toContain("Earlier");
  });

  it("is ended when it does not answer in time", async () => {
    const home = await makeHome();
    let kills = 0;
    const kill = (): void => {
      kills += 1;
    };
    const startDetached: Programs["startDetached"] = async () => ({
      processId: 1,
      ended: new Promise(() => undefined),
      kill,
    });
    // A clock on which every look is far apart.
    let now = Date.now();
    const clock = { now: () => (now += 40_000) };
    const { stderr, code } = await runCommand(detach, {
      home,
      programs: { startDetached },
      runtime: { clock },
    });
    expect([code, kills, stderr]).toEqual([
      1,
      1,
      expect.stringContaining(
        "error: The relay did not answer within 60 seconds, and was ended.\n",
      ),
    ]);
  });
});
