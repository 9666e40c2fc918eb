import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { relayAddress } from "../../src/cli/relay-address.ts";
import { loadConfig } from "../../src/config/load.ts";
import { writeRunFile } from "../../src/run-files.ts";
import { makeHome, runCommand, startCommand } from "../helpers/test-io.ts";
import { testRuntime } from "../helpers/test-relay.ts";

const addressAt = async (home: string, flags: Record<string, string> = {}) =>
  relayAddress(await loadConfig({ ...testRuntime(home), flags }));

it("is the running relay's, else the configured one; and what the command line names, first", async () => {
  const home = await makeHome();
  await runCommand(["init"], { home });
  const configured = {
    url: "http://127.0.0.1:8080",
    ollamaUrl: undefined,
    running: undefined,
  };
  expect(await addressAt(home)).toEqual(configured);

  const serving = startCommand(["serve", "--port", "0"], { home });
  const [, url = ""] = await serving.until(/Base URL: +(\S+)\/v1\n[\s\S]*Ctrl-C stops/);
  expect(await addressAt(home)).toMatchObject({ url, running: { url, pid: process.pid } });
  expect(await addressAt(home, { port: new URL(url).port })).toMatchObject({ running: { url } });
  expect(await addressAt(home, { port: "8317" })).toEqual({
    ...configured,
    url: "http://127.0.0.1:8317",
  });

  // Left by a relay that was killed, whose port this one has got.
  const dataDir = join(home, ".airelays");
  const killed = { instance: "gone", pid: 99_999, url, startedAt: Date.now() + 1, version: "1" };
  await writeRunFile(dataDir, killed);
  expect((await addressAt(home)).running?.instance).not.toBe("gone");

  serving.stop();
  await serving.done;
  expect(await addressAt(home)).toEqual(configured);
  expect(await readdir(join(dataDir, "run"))).toEqual(["gone.json"]);
});
