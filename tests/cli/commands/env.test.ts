import { describe, expect, it } from "vitest";
import { failure, makeHome, runCommand, startCommand } from "../../helpers/test-io.ts";

async function homeWithToken() {
  const home = await makeHome();
  const { stdout } = await runCommand(["init", "--json"], { home });
  const { relay_token } = JSON.parse(stdout) as { relay_token: string };
  return { home, token: relay_token };
}

const notRunning =
  "note: No relay answers at http://127.0.0.1:8080. In another terminal: airelays serve\n";

describe("env", () => {
  it("prints the variables of every dialect for the shell, and says when no relay answers", async () => {
    const { home, token } = await homeWithToken();
    expect(await runCommand(["env"], { home, env: { SHELL: "/bin/zsh" } })).toEqual({
      stdout: [
        "export OPENAI_BASE_URL=http://127.0.0.1:8080/v1",
        `export OPENAI_API_KEY=${token}`,
        "export ANTHROPIC_BASE_URL=http://127.0.0.1:8080",
        `export ANTHROPIC_AUTH_TOKEN=${token}`,
        "export OLLAMA_HOST=http://127.0.0.1:8080",
        "",
      ].join("\n"),
      stderr: notRunning,
      code: 0,
    });
  });

  it.each([
    ["fish", "set -gx OPENAI_BASE_URL http://127.0.0.1:8080/v1"],
    ["powershell", "$env:OPENAI_BASE_URL = 'http://127.0.0.1:8080/v1'"],
    ["cmd", 'set "OPENAI_BASE_URL=http://127.0.0.1:8080/v1"'],
  ])("speaks %s when asked", async (shell, line) => {
    const { home } = await homeWithToken();
    const { stdout, code } = await runCommand(["env", "--shell", shell], { home });
    expect({ line: stdout.split("\n")[0], code }).toEqual({ line, code: 0 });
  });

  it("takes away the key of another service, where it is set", async () => {
    const { home } = await homeWithToken();
    const env = { SHELL: "/bin/bash", ANTHROPIC_API_KEY: "sk-ant-theirs" };
    const { stdout } = await runCommand(["env"], { home, env });
    expect(stdout).toMatch(/\nunset ANTHROPIC_API_KEY\n$/);
    expect(stdout).not.toContain("sk-ant-theirs");
  });

  it("has the address of the relay that runs, and of its port for Ollama; in JSON too", async () => {
    const { home, token } = await homeWithToken();
    const serving = startCommand(["serve", "--port", "0", "--ollama", "127.0.0.1:0"], { home });
    const [, url] = await serving.until(/Base URL: +(\S+)\/v1\n[\s\S]*Ctrl-C stops/);

    const { stdout, stderr, code } = await runCommand(["env", "--json"], { home });
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    const shown = JSON.parse(stdout) as { env: Record<string, string> };
    expect(shown).toEqual({
      relay: { url, answers: true },
      env: {
        OPENAI_BASE_URL: `${url}/v1`,
        OPENAI_API_KEY: token,
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_AUTH_TOKEN: token,
        OLLAMA_HOST: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      },
      unset: [],
    });
    expect(shown.env["OLLAMA_HOST"]).not.toBe(url);

    serving.stop();
    await serving.done;
  });

  it("names the address that it was given, and the configured one of --ollama", async () => {
    const { home } = await homeWithToken();
    const env = { AIRELAYS_OLLAMA_LISTEN: "127.0.0.1:11434" };
    const argv = ["env", "--host", "0.0.0.0", "--port", "8317", "--allow-network", "--json"];
    expect((await runCommand(argv, { home, env })).code).toBe(2);
    const { stdout } = await runCommand(["env", "--host", "::1", "--port", "8317", "--json"], {
      home,
      env,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      relay: { url: "http://[::1]:8317", answers: false },
      env: { OLLAMA_HOST: "http://127.0.0.1:11434" },
    });
  });

  it("keeps the relay out of the proxy's way, where there is one", async () => {
    const { home } = await homeWithToken();
    const namesOf = async (env: Record<string, string>) => {
      const { stdout } = await runCommand(["env", "--json"], { home, env });
      const { NO_PROXY, no_proxy } = (JSON.parse(stdout) as { env: Record<string, string> }).env;
      return [NO_PROXY, no_proxy];
    };
    const proxied = { HTTP_PROXY: "http://proxy.example:3128" };
    expect(await namesOf(proxied)).toEqual(["127.0.0.1", "127.0.0.1"]);
    const list = "intern.example,127.0.0.1";
    expect(await namesOf({ ...proxied, no_proxy: "intern.example" })).toEqual([list, list]);
    expect(await namesOf({ ...proxied, NO_PROXY: list })).toEqual([undefined, undefined]);
    expect(await namesOf({ HTTPS_PROXY: "http://proxy.example:3128" })).toEqual([
      undefined,
      undefined,
    ]);
  });

  it("has a word for a key in open mode, because SDKs ask for one", async () => {
    const home = await makeHome();
    const env = { AIRELAYS_REQUIRE_BEARER_AUTH: "false", SHELL: "/bin/sh" };
    const { stdout, code } = await runCommand(["env"], { home, env });
    expect(code).toBe(0);
    expect(stdout).toContain("export OPENAI_API_KEY=open-mode\n");
  });

  it("says what is missing, and prints nothing", async () => {
    const home = await makeHome();
    expect(await runCommand(["env"], { home })).toEqual(
      failure(1, "error: There is no relay token yet. Run: airelays init"),
    );
    expect(await runCommand(["env", "--shell", "tcsh"], { home })).toEqual(
      failure(
        2,
        'error: `--shell` must be one of `bash`, `zsh`, `fish`, `powershell`, `cmd`, not "tcsh"',
        "hint: airelays env --help",
      ),
    );
    expect(await runCommand(["env"], { home, env: { AIRELAYS_PORT: "0" } })).toEqual(
      failure(
        2,
        "error: The configured port is 0, any free one, and no relay runs.",
        "hint: airelays serve, or name the port with `--port`",
      ),
    );
  });
});
