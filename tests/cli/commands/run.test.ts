import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Launch } from "../../../src/cli/launch.ts";
import { type BuiltCli, buildCli } from "../../helpers/built-cli.ts";
import { failure, makeHome, runCommand } from "../../helpers/test-io.ts";
import { startTestRelay } from "../../helpers/test-relay.ts";

/** A relay that answers, and how a command finds it. */
async function startRelay() {
  const relay = await startTestRelay({ signedIn: false });
  onTestFinished(() => relay.close());
  const env = {
    AIRELAYS_PORT: new URL(relay.url).port,
    AIRELAYS_BEARER_TOKEN: relay.token,
    PATH: process.env["PATH"] ?? "",
  };
  return { ...relay, env, home: await makeHome() };
}

describe("run", () => {
  it("starts the command with the variables and its own options; the token is in no argument", async () => {
    const { url, token, env, home } = await startRelay();
    const launches: Launch[] = [];
    const runProgram = async (launch: Launch): Promise<number> => {
      launches.push(launch);
      return 7;
    };
    const theirs = { ...env, ANTHROPIC_API_KEY: "sk-ant-theirs", EDITOR: "vi" };

    const argv = ["run", "node", "-e", "1", "--port", "1", "--", "--json"];
    expect(await runCommand(argv, { home, env: theirs, runProgram })).toEqual({
      stdout: "",
      stderr: "note: `ANTHROPIC_API_KEY` is left out: it would be sent to the relay.\n",
      code: 7,
    });
    const [launch] = launches;
    expect(launch?.args).toEqual(["-e", "1", "--port", "1", "--", "--json"]);
    expect(launch?.env).toMatchObject({
      OPENAI_BASE_URL: `${url}/v1`,
      OPENAI_API_KEY: token,
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_AUTH_TOKEN: token,
      OLLAMA_HOST: url,
      EDITOR: "vi",
    });
    expect(launch?.env).not.toHaveProperty("ANTHROPIC_API_KEY");
  });

  it.skipIf(process.platform === "win32")(
    "says of a program that reads no variables what to do first, until that is done",
    async () => {
      const { env, home } = await startRelay();
      const program = join(home, "bin", "codex");
      await mkdir(join(home, "bin"));
      await writeFile(program, "#!/bin/sh\n", { mode: 0o755 });
      const options = { home, env, runProgram: async () => 0 };

      expect(await runCommand(["run", program], options)).toEqual({
        stdout: "",
        stderr: `note: Codex CLI reads no variables, and goes by \`${join(home, ".codex", "config.toml")}\`, which does not name this relay. Run first: airelays connect codex --write\n`,
        code: 0,
      });
      await runCommand(["connect", "codex", "--write"], options);
      expect((await runCommand(["run", program], options)).stderr).toBe("");
    },
  );

  it("starts nothing while no relay answers", async () => {
    const home = await makeHome();
    const env = {
      AIRELAYS_BEARER_TOKEN: "0f8e7d6c5b4a39281706f5e4d3c2b1a0",
      PATH: process.env["PATH"] ?? "",
    };
    expect(await runCommand(["run", "--port", "1", "node"], { home, env })).toEqual(
      failure(
        1,
        "error: No relay answers at http://127.0.0.1:1.",
        "hint: In another terminal: airelays serve",
      ),
    );
  });

  it("says that the command is not there, with a shell's exit code", async () => {
    const { env, home } = await startRelay();
    expect(await runCommand(["run", "codexx"], { home, env })).toEqual(
      failure(
        127,
        "error: `codexx` was not found. No folder of `PATH` has it.",
        "hint: Install the tool, or name it by its path",
      ),
    );
    expect(await runCommand(["run", "--"], { home, env })).toEqual(
      failure(2, "error: Name the command to run.", "hint: airelays run claude"),
    );
  });
});

describe.skipIf(process.platform === "win32")("a command that runs", () => {
  let cli: BuiltCli;
  beforeAll(async () => {
    cli = await buildCli();
  });
  afterAll(() => cli.remove());

  it("has the terminal's streams and gives its exit code", async () => {
    const { url, env, home } = await startRelay();
    const script =
      "process.stdout.write(process.env.OPENAI_BASE_URL + ' ' + process.argv.slice(1)); process.stderr.write('talk'); process.exit(9)";
    const argv = ["run", "node", "-e", script, "--", "--flag", "a b"];
    const { stdout, stderr, code } = await cli.start(argv, { home, env: withoutPath(env) }).done;
    expect({ stdout, stderr, code }).toEqual({
      stdout: `${url}/v1 --flag,a b`,
      stderr: "talk",
      code: 9,
    });
  });

  it("gets the signals, and one that ends it is told as 128 and its number", async () => {
    const { env, home } = await startRelay();
    const polite =
      "process.on('SIGINT', () => { console.log('asked'); process.exit(3) }); setInterval(() => {}, 1e6); console.log('up')";
    const first = cli.start(["run", "node", "-e", polite], { home, env: withoutPath(env) });
    await first.until(/up/);
    first.interrupt();
    expect(await first.done).toMatchObject({ stdout: "up\nasked\n", code: 3 });

    const killed = cli.start(["run", "node", "-e", "process.kill(process.pid, 'SIGKILL')"], {
      home,
      env: withoutPath(env),
    });
    expect(await killed.done).toMatchObject({ stdout: "", stderr: "", code: 137 });
  });
});

/** The child's own PATH leads to Node. */
function withoutPath({ PATH: _path, ...rest }: Record<string, string>): Record<string, string> {
  return rest;
}
