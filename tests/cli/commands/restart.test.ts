import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Programs } from "../../../src/cli/programs.ts";
import { writeRunFile } from "../../../src/run-files.ts";
import { inProcessPrograms } from "../../helpers/in-process-programs.ts";
import { failure, makeHome, runCommand, startCommand } from "../../helpers/test-io.ts";

const open = ["serve", "--port", "0", "--no-auth"];

async function serveAt(home: string, env: Readonly<Record<string, string>> = {}) {
  const serving = startCommand(open, { home, env });
  const [, url = ""] = await serving.until(/Base URL: +(\S+)\/v1\n[\s\S]*Ctrl-C stops/);
  return { serving, url };
}

describe("restart", () => {
  it("starts it again in the background, with its options and at its port", async () => {
    const home = await makeHome();
    const { serving, url } = await serveAt(home);
    const programs = inProcessPrograms({ home });

    const result = await runCommand(["restart"], { home, programs });

    expect(result.stderr).toContain("note: It ran in a terminal; it goes on in the background.\n");
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining(`${url}/v1\n`) });
    expect(result.stdout).toContain("Relay token:       none: open to every program");
    expect((await serving.done).code).toBe(0);
    const argv = ["serve", `--port=${new URL(url).port}`, "--no-auth", "--started-by=background"];
    expect(programs.started).toEqual([{ argv, folder: home }]);
    expect((await fetch(`${url}/v1/relay/status`)).status).toBe(200);
    await runCommand(["stop"], { home });
    expect((await programs.commands[0]?.done)?.code).toBe(0);
  });

  it("leaves it as it is when what it was started with is not there any more", async () => {
    const home = await makeHome();
    const { serving, url } = await serveAt(home, { AIRELAYS_DRAIN_SECONDS: "1" });

    expect(await runCommand(["restart"], { home })).toEqual(
      failure(
        2,
        "error: The relay was started with `AIRELAYS_DRAIN_SECONDS` in its environment, which this terminal does not have; it goes on as it is.",
        "hint: Set the same here. Or without: airelays stop, then airelays serve --detach",
      ),
    );
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    serving.stop();
    await serving.done;
  });

  it("says which variables count from now on that did not before", async () => {
    const home = await makeHome();
    const { serving } = await serveAt(home);
    const env = { AIRELAYS_DRAIN_SECONDS: "1" };
    const programs = inProcessPrograms({ home, env });

    const { stderr, code } = await runCommand(["restart"], { home, env, programs });

    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining("counting from now on: AIRELAYS_DRAIN_SECONDS.\n"),
    ]);
    await serving.done;
    await runCommand(["stop"], { home });
    await programs.commands[0]?.done;
  });

  it("says that the relay has ended when it does not start again", async () => {
    const home = await makeHome();
    const { serving } = await serveAt(home);
    const startDetached: Programs["startDetached"] = async (_, { outputFile }) => {
      await appendFile(outputFile, "error: It is too late.\nhint: Sleep.\n");
      return { processId: 1, ended: Promise.resolve(1), kill: () => undefined };
    };
    const { stderr, code } = await runCommand(["restart"], { home, programs: { startDetached } });
    expect((await serving.done).code).toBe(0);
    expect([code, stderr.split("\n").slice(-4)]).toEqual([
      1,
      [
        "note: The relay was stopped, and does not start again.",
        "error: It is too late.",
        "hint: Sleep.",
        "",
      ],
    ]);
  });

  it("has nothing to start when none runs, and says how to", async () => {
    const home = await makeHome();
    expect(await runCommand(["restart"], { home })).toEqual(
      failure(
        1,
        `error: No relay of ${join(home, ".airelays")} runs.`,
        "hint: Start one: airelays serve --detach",
      ),
    );
  });

  it("does not guess the options of a version that does not tell them", async () => {
    const home = await makeHome();
    const { serving, url } = await serveAt(home);
    const { instance } = (await (await fetch(`${url}/healthz`)).json()) as { instance: string };
    const old = { instance, pid: process.pid, url, startedAt: 1, version: "0.0.1" };
    await writeRunFile(join(home, ".airelays"), old);

    expect(await runCommand(["restart"], { home })).toEqual(
      failure(
        1,
        `error: The relay at ${url} (process ${process.pid}) is of version 0.0.1, which does not tell its options.`,
        "hint: airelays stop, then airelays serve --detach",
      ),
    );
    serving.stop();
    await serving.done;
  });
});
