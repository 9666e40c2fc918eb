import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { loadConfig } from "../src/config/load.ts";
import { createSignIn } from "../src/sign-in.ts";
import { makeTempFolder } from "./helpers/temp-folder.ts";
import { startTestRelay, testRuntime } from "./helpers/test-relay.ts";

/** A data folder and a config file's folder in which processes were killed long ago, and just now. */
async function makeLeftFolder() {
  const folder = await makeTempFolder();
  const dataDir = join(folder, "data");
  await mkdir(join(dataDir, "state"), { recursive: true });
  const put = async (name: string, isOld = true): Promise<void> => {
    const path = join(folder, name);
    await writeFile(path, "");
    if (isOld) await utimes(path, 0, 0);
  };
  await put("config.toml");
  await put("config.toml.1.unfinished");
  await put("config.toml.20261121");
  await put("data/auth.json.2.unfinished");
  await put("data/auth.json.3.unfinished", false);
  await put("data/auth.json.bak");
  await put("data/auth.sealed.4.unfinished");
  await put("data/auth-failure.json.5.unfinished");
  await put("data/relay-token.6.unfinished");
  await put("data/state/usage.json.7.unfinished");
  const env = { AIRELAYS_CONFIG: join(folder, "config.toml"), AIRELAYS_DATA_DIR: dataDir };
  return { folder, dataDir, env };
}

it("are removed when the relay starts, but for young ones and a person's own copies", async () => {
  const { folder, dataDir, env } = await makeLeftFolder();
  const relay = await startTestRelay({ signedIn: false, env });
  onTestFinished(() => relay.close());
  expect((await readdir(folder)).sort()).toEqual(["config.toml", "config.toml.20261121", "data"]);
  const left = (await readdir(dataDir)).filter((name) => /^(auth|relay)/.test(name)).sort();
  expect(left).toEqual(["auth.json.3.unfinished", "auth.json.bak", "relay-token"]);
  expect(await readdir(join(dataDir, "state"))).toEqual([]);
});

it("of a login are removed by whoever signs out, however new they are", async () => {
  const { folder, dataDir, env } = await makeLeftFolder();
  const runtime = testRuntime(folder);
  const { config } = await loadConfig({
    ...runtime,
    env: { ...env, AIRELAYS_AUTH_STORAGE: "file" },
  });
  await createSignIn(config, runtime, () => undefined).session.remove();
  const left = (await readdir(dataDir)).filter((name) => name.startsWith("auth")).sort();
  expect(left).toEqual(["auth.json.bak"]);
});
