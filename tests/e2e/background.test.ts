/** Relays in the background as real processes: started, asked for, stopped, killed, and started again. */
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type BuiltCli, buildCli } from "../helpers/built-cli.ts";
import { connectRaw, requestHead } from "../helpers/raw-client.ts";

const token = "a-relay-token-of-a-relay-in-a-test";
let cli: BuiltCli;
let home: string;

beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli?.remove());
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "airelays größe "));
});
afterEach(async () => {
  for (const { pid } of await runFiles()) if (isAlive(pid)) process.kill(pid, "SIGKILL");
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

const env = { AIRELAYS_BEARER_TOKEN: token, AIRELAYS_DRAIN_SECONDS: "0.05" };
const run = (...argv: string[]) => cli.start(argv, { home, env }).done;

interface RunFile {
  readonly pid: number;
  readonly url: string;
}

async function runFiles(): Promise<RunFile[]> {
  const folder = join(home, ".airelays", "run");
  const names = await readdir(folder).catch(() => []);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.map((text) => JSON.parse(text));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function theOnlyOne(): Promise<RunFile> {
  const [relay, ...others] = await runFiles();
  if (relay === undefined || others.length > 0) throw new Error("Not one relay is there.");
  return relay;
}

const health = async (url: string): Promise<number> => (await fetch(`${url}/healthz`)).status;

describe("a relay in the background", () => {
  it("serves when its command has ended, until it is stopped, and takes its files along", async () => {
    const started = await run("serve", "--detach", "--port", "0");
    const { pid, url } = await theOnlyOne();
    expect([started.code, started.stdout]).toEqual([
      0,
      expect.stringMatching(`Base URL: +${url}/v1\n[\\s\\S]*Process: +${pid}\n`),
    ]);
    expect(await health(url)).toBe(200);
    const log = join(home, ".airelays", "background.log");
    expect(await readFile(log, "utf8")).toContain("AIRelays is serving\n");
    expect(await readFile(log, "utf8")).not.toContain(token);
    if (process.platform !== "win32") expect((await stat(log)).mode & 0o777).toBe(0o600);

    const stopped = await run("stop");
    expect([stopped.code, stopped.stdout]).toEqual([
      0,
      `Stopped the relay at ${url} (process ${pid}).\n`,
    ]);
    await expect(health(url)).rejects.toThrow("fetch failed");
    expect(await runFiles()).toEqual([]);
  });

  it("tells what still runs when it is stopped that it ends", async () => {
    await run("serve", "--detach", "--port", "0");
    const { url } = await theOnlyOne();
    const head = requestHead(token, "POST", "/v1/responses", {
      "content-type": "application/json",
      "content-length": "100",
    });
    const client = await connectRaw(url, `${head}\r\n{`);
    expect((await run("stop")).code).toBe(0);
    expect(await client.ended).toMatch(/^HTTP\/1\.1 503 [\s\S]*"code":"relay_stopping"/);
  });

  it("starts again at its port, as another process", async () => {
    await run("serve", "--detach", "--port", "0");
    const before = await theOnlyOne();
    const restarted = await run("restart");
    const after = await theOnlyOne();
    expect([restarted.code, after.url, after.pid === before.pid, await health(after.url)]).toEqual([
      0,
      before.url,
      false,
      200,
    ]);
  });

  it("gives the reason and the exit code of a start that fails", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? `${address?.port}` : "";
    try {
      expect(await run("serve", "--detach", "--port", port)).toEqual({
        stdout: "",
        stderr: [
          "Starting the relay in the background",
          `error: Port ${port} on 127.0.0.1 is in use. Another relay may be running: airelays status`,
          "hint: Choose another port with --port, or stop the program that holds this one.",
          "",
        ].join("\n"),
        code: 1,
      });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it("names the one that has the port already, and how to end it", async () => {
    await run("serve", "--detach", "--port", "0");
    const { url, pid } = await theOnlyOne();
    const second = await run("serve", "--port", new URL(url).port);
    expect(second).toEqual({
      stdout: "",
      stderr: [
        `error: Port ${new URL(url).port} is in use: a relay of this data folder runs already, at ${url} (process ${pid}).`,
        "hint: airelays stop ends it. Beside it, choose another port with --port.",
        "",
      ].join("\n"),
      code: 1,
    });
  });

  it("that was killed is not taken for one that runs, and the next start tidies up", async () => {
    await run("serve", "--detach", "--port", "0");
    const killed = await theOnlyOne();
    process.kill(killed.pid, "SIGKILL");
    while (isAlive(killed.pid)) await delay(20);
    expect(await theOnlyOne()).toEqual(killed);
    expect((await run("stop")).stdout).toContain("there is nothing to stop");
    expect(JSON.parse((await run("status", "--json")).stdout).running).toEqual([]);

    await run("serve", "--detach", "--port", "0");
    const next = await theOnlyOne();
    expect(next.pid).not.toBe(killed.pid);
    const { running } = JSON.parse((await run("status", "--json")).stdout);
    expect(running).toEqual([
      expect.objectContaining({ url: next.url, pid: next.pid, started_by: "background" }),
    ]);
  });

  it.runIf(process.platform !== "win32")("is stopped in the same way at a terminal", async () => {
    const relay = cli.start(["serve", "--port", "0"], { home, env });
    await relay.until(/Ctrl-C stops/);
    const { pid } = await theOnlyOne();
    expect(pid).toBe(relay.pid);
    expect((await run("stop")).code).toBe(0);
    expect((await relay.done).code).toBe(0);
  });
});
