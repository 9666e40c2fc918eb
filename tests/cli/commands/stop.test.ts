import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeRunFile } from "../../../src/run-files.ts";
import { version } from "../../../src/version.ts";
import {
  failure,
  makeHome,
  type RunningCommand,
  runCommand,
  startCommand,
} from "../../helpers/test-io.ts";

async function serveAt(home: string): Promise<{ serving: RunningCommand; url: string }> {
  const serving = startCommand(["serve", "--port", "0", "--no-auth"], { home });
  const [, url = ""] = await serving.until(/Base URL: +(\S+)\/v1\n[\s\S]*Ctrl-C stops/);
  return { serving, url };
}

const portOf = (url: string): string => new URL(url).port;

describe("stop", () => {
  it("ends the relay of the data folder, and waits until it has ended", async () => {
    const home = await makeHome();
    const { serving, url } = await serveAt(home);

    expect(await runCommand(["stop"], { home })).toEqual({
      stdout: `Stopped the relay at ${url} (process ${process.pid}).\n`,
      stderr: `Stopping ${url} (process ${process.pid}); running answers get 10 seconds\n`,
      code: 0,
    });
    expect((await serving.done).code).toBe(0);
    await expect(fetch(url)).rejects.toThrow("fetch failed");
    expect(await readdir(join(home, ".airelays", "run"))).toEqual([]);
  });

  it("says so and exits 0 when none runs", async () => {
    const home = await makeHome();
    const dataDir = join(home, ".airelays");
    expect(await runCommand(["stop"], { home })).toEqual({
      stdout: `No relay of ${dataDir} runs; there is nothing to stop.\n`,
      stderr: "",
      code: 0,
    });
    const { stdout } = await runCommand(["stop", "--json"], { home });
    expect(JSON.parse(stdout)).toEqual({ stopped: false, relay: null });
  });

  it("takes the one at --port among several, and asks for it when it is not said", async () => {
    const home = await makeHome();
    const [one, other] = [await serveAt(home), await serveAt(home)];

    const { stderr, code } = await runCommand(["stop"], { home });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(
        /^error: 2 relays run on this data folder: http\S+ \(process \d+\) and http\S+ \(process \d+\)\.\nhint: Choose one with --port\.\n$/,
      ),
    ]);
    const stopped = await runCommand(["stop", "--json", "--port", portOf(one.url)], { home });
    expect(JSON.parse(stopped.stdout)).toEqual({
      stopped: true,
      relay: {
        url: one.url,
        ollama_url: null,
        pid: process.pid,
        started_at: expect.stringMatching(/^\d{4}-/),
        started_by: "terminal",
        version,
        same_version: true,
      },
    });
    expect((await serving(one)).code).toBe(0);
    expect((await fetch(`${other.url}/healthz`)).status).toBe(200);

    expect(await runCommand(["stop", "--port", portOf(one.url)], { home })).toEqual({
      stdout: `No relay of ${join(home, ".airelays")} runs at port ${portOf(one.url)}; there is nothing to stop.\n`,
      stderr: `note: On this data folder runs ${other.url} (process ${process.pid}).\n`,
      code: 0,
    });
    other.serving.stop();
    await serving(other);
  });

  it("leaves a relay alone that only got the address of one that is gone", async () => {
    const [home, elsewhere] = [await makeHome(), await makeHome()];
    const { serving: theirs, url } = await serveAt(elsewhere);
    const gone = { instance: "gone", pid: process.pid, url, startedAt: 1, version };
    await writeRunFile(join(home, ".airelays"), { ...gone, hostName: "here" });

    const { stdout, stderr, code } = await runCommand(["stop"], { home });
    expect([code, stdout]).toEqual([0, expect.stringContaining("nothing to stop")]);
    expect(stderr).toContain(`A relay said that it serves at ${url} (process ${process.pid}).`);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    theirs.stop();
    await theirs.done;
  });

  it("says when a relay does not come to its end", async () => {
    const home = await makeHome();
    const { serving: relay, url } = await serveAt(home);
    // A clock on which every look is far apart.
    let now = Date.now();
    const clock = { now: () => (now += 60_000) };

    expect(await runCommand(["stop"], { home, runtime: { clock } })).toEqual({
      ...failure(
        1,
        `Stopping ${url} (process ${process.pid}); running answers get 10 seconds`,
        `error: The relay at ${url} (process ${process.pid}) does not notice that it is asked to stop.`,
        `hint: End the process ${process.pid} with the means of the system.`,
      ),
    });
    relay.stop();
    await relay.done;
  });
});

const serving = (each: { serving: RunningCommand }) => each.serving.done;
