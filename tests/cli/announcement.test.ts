import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type RunningRelay, readRunFiles, writeRunFile } from "../../src/run-files.ts";
import { makeHome, startCommand } from "../helpers/test-io.ts";

const gone: RunningRelay = {
  instance: "gone",
  pid: 99_999_999,
  url: "http://127.0.0.1:1",
  startedAt: 1,
  version: "1.0.0",
  hostName: "here",
};

async function serveBeside(files: readonly RunningRelay[]): Promise<readonly string[]> {
  const home = await makeHome();
  const dataDir = join(home, ".airelays");
  for (const file of files) await writeRunFile(dataDir, file);
  await writeFile(join(dataDir, "run", "gone.stop"), "");
  const serving = startCommand(["serve", "--port", "0", "--no-auth"], { home });
  await serving.until(/Ctrl-C stops/);
  const instances = (await readRunFiles(dataDir)).map(({ instance }) => instance);
  serving.stop();
  await serving.done;
  return [...instances.slice(1), ...(await readdir(join(dataDir, "run")))];
}

describe("a relay that starts", () => {
  it("takes away what one that was killed left", async () => {
    expect(await serveBeside([gone])).toEqual([]);
  });

  it("takes away what was left under its own process number, as in a container", async () => {
    expect(await serveBeside([{ ...gone, pid: process.pid }])).toEqual([]);
  });

  it("leaves the relay of another machine alone, whose processes it does not see", async () => {
    expect(await serveBeside([{ ...gone, hostName: "elsewhere" }])).toEqual([
      "gone",
      "gone.json",
      "gone.stop",
    ]);
  });
});

it("says in its run file how it was started, and of the environment only the names", async () => {
  const home = await makeHome();
  const token = "a-relay-token-of-the-environment";
  const serving = startCommand(["serve", "--port", "0", "--ollama", "127.0.0.1:0"], {
    home,
    env: { AIRELAYS_BEARER_TOKEN: token },
  });
  const [, port = ""] = await serving.until(/Base URL: +\S+:(\d+)\/v1\n[\s\S]*Ctrl-C stops/);
  const [relay] = await readRunFiles(join(home, ".airelays"));
  serving.stop();
  await serving.done;
  const ollama = `127.0.0.1:${new URL(relay?.ollamaUrl ?? "").port}`;
  expect(relay?.start).toEqual({
    by: "terminal",
    options: [`--port=${port}`, `--ollama=${ollama}`],
    folder: home,
    environment: ["AIRELAYS_AUTH_STORAGE", "AIRELAYS_BEARER_TOKEN"],
  });
  expect(JSON.stringify(relay)).not.toContain(token);
});
