import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { failure, makeHome, runCommand } from "../../helpers/test-io.ts";
import { startTestRelay } from "../../helpers/test-relay.ts";

/** A relay that answers, and a home folder whose commands find it; the token is in its file there. */
async function startRelay(signedIn = true) {
  const relay = await startTestRelay({ signedIn });
  onTestFinished(() => relay.close());
  const home = await makeHome();
  const env = { AIRELAYS_PORT: new URL(relay.url).port };
  await mkdir(join(home, ".airelays"));
  await writeFile(join(home, ".airelays", "relay-token"), relay.token, { mode: 0o600 });
  return { ...relay, home, env };
}

const openEnv = { AIRELAYS_REQUIRE_BEARER_AUTH: "false", AIRELAYS_PORT: "1" };

describe("connect", () => {
  it("lists the tools, and which of them are here", async () => {
    const home = await makeHome();
    const bin = join(home, "bin");
    await mkdir(bin);
    await writeFile(join(bin, "codex"), "#!/bin/sh\n");
    await chmod(join(bin, "codex"), 0o755);
    await mkdir(join(home, ".continue"));
    const env = { PATH: bin };

    const { stdout, stderr, code } = await runCommand(["connect", "--json"], { home, env });
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    const { tools } = JSON.parse(stdout) as { tools: { tool: string; found: string | null }[] };
    expect(tools).toHaveLength(17);
    expect(tools.find(({ tool }) => tool === "codex")).toEqual({
      tool: "codex",
      title: "Codex CLI",
      api: "responses",
      found: join(bin, "codex"),
      can_write: true,
      connected: false,
    });
    expect(tools.filter(({ found }) => found !== null).map(({ tool }) => tool)).toEqual([
      "codex",
      "continue",
    ]);
    const shown = (await runCommand(["connect"], { home, env })).stdout;
    expect(shown).toMatch(/^ {2}codex +found +--write$/m);
    expect(shown).toMatch(/^ {2}cursor$/m);
  });

  it("shows a tool's settings with this machine's address and the plan's model, and tests them", async () => {
    const { home, env, url, token } = await startRelay();

    const { stdout, stderr, code } = await runCommand(["connect", "codex", "--json"], {
      home,
      env,
    });
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(JSON.parse(stdout)).toMatchObject({
      tool: "codex",
      relay: { url, base_url: `${url}/v1`, answers: true },
      model: expect.stringMatching(/^gpt-/),
      file: {
        path: join(home, ".codex", "config.toml"),
        format: "TOML",
        settings: expect.stringContaining(`base_url = "${url}/v1"\nenv_key = "OPENAI_API_KEY"\n`),
        holds_token: false,
        connected: false,
      },
      written: null,
      tests: [{ call: `GET ${url}/v1/models`, ok: true, status: 200 }],
    });
    expect(stdout).not.toContain(token);

    const human = await runCommand(["connect", "cursor"], { home, env });
    expect(human).toMatchObject({ stderr: "", code: 0 });
    expect(human.stdout).toMatch(/\n {2}1\. Cursor cannot use a relay at 127\.0\.0\.1/);
    expect(human.stdout).toMatch(/✓ ok {4}GET \S+\/v1\/models: 200, \d+ models\n$/);
  });

  it("gives a tool that asks for them the plan's models, without a name for each effort", async () => {
    const { home, env } = await startRelay();
    const argv = ["connect", "opencode", "--model", "gpt-5.5-high", "--json"];
    const shown = JSON.parse((await runCommand(argv, { home, env })).stdout);
    const settings = JSON.parse(shown.file.settings);
    const { models } = settings.provider.airelays;
    expect(settings.model).toBe("airelays/gpt-5.5-high");
    expect(Object.keys(models)).toContain("gpt-5.5");
    expect(Object.keys(models).filter((name) => name.endsWith("-high"))).toEqual(["gpt-5.5-high"]);
    expect(models["gpt-5.5-high"]).toMatchObject({ limit: { context: 272_000 } });
  });

  it.each([
    ["codex", "/v1/responses"],
    ["claude-code", "/v1/messages"],
    ["zed", "/v1/chat/completions"],
  ])("--test asks a model as %s would", async (tool, path) => {
    const { home, env, url } = await startRelay();
    const argv = ["connect", tool, "--model", "gpt-5.5", "--test", "--json"];
    const { stdout, code } = await runCommand(argv, { home, env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      tests: [
        { ok: true },
        { call: `POST ${url}${path}`, ok: true, detail: expect.stringContaining("no AI") },
      ],
    });
  });

  it("writes, says so, keeps the rest, and takes it out again", async () => {
    const { home, env, url, token } = await startRelay();
    const path = join(home, ".claude", "settings.json");
    const mine = '{\n  // mine\n  "theme": "dark"\n}\n';
    await mkdir(join(home, ".claude"));
    await writeFile(path, mine);

    const written = await runCommand(["connect", "claude-code", "--write"], { home, env });
    expect(written).toMatchObject({ stderr: "", code: 0 });
    expect(written.stdout).toMatch(
      /^Changed `.*settings\.json`\.\s+Before:\s+`.*before-airelays`\./,
    );
    const text = await readFile(path, "utf8");
    expect(text).toContain("// mine");
    expect(text).toContain(`"ANTHROPIC_BASE_URL": "${url}"`);
    expect(text).not.toContain(token);
    const again = await runCommand(["connect", "claude-code", "--write"], { home, env });
    expect(again.stdout).toMatch(/^`.*settings\.json` says so already\.\n/);
    expect((await runCommand(["connect"], { home, env })).stdout).toMatch(
      /^ {2}claude-code +connected +--write$/m,
    );

    const undone = await runCommand(["connect", "claude-code", "--undo"], { home, env });
    expect(undone).toEqual({
      stdout: `\`${path}\` is as it was before.\n`,
      stderr: "",
      code: 0,
    });
    expect(await readFile(path, "utf8")).toBe(mine);
    const nothing = await runCommand(["connect", "claude-code", "--undo", "--json"], { home, env });
    expect(JSON.parse(nothing.stdout)).toEqual({
      tool: "claude-code",
      file: path,
      outcome: "not connected",
      kept: [],
      backup: null,
    });
  });

  it("shows and writes settings while no relay runs, and says so", async () => {
    const home = await makeHome();
    const { stdout, stderr, code } = await runCommand(["connect", "opencode", "--write"], {
      home,
      env: openEnv,
    });
    expect(code).toBe(0);
    expect(stderr).toBe("note: Your plan's models are not known now; `gpt-5.5` stands for one.\n");
    expect(stdout).toMatch(/^Created /);
    expect(stdout).toMatch(/✗ fail {2}GET http:\/\/127\.0\.0\.1:1\/v1\/models: no answer;/);
    const text = await readFile(join(home, ".config", "opencode", "opencode.json"), "utf8");
    expect(JSON.parse(text)).toMatchObject({ model: "airelays/gpt-5.5" });
  });

  it("writes the variant of the file that is there", async () => {
    const home = await makeHome();
    const path = join(home, ".config", "opencode", "opencode.jsonc");
    await mkdir(join(home, ".config", "opencode"), { recursive: true });
    await writeFile(path, "{}\n");
    const argv = ["connect", "opencode", "--write", "--json"];
    const { stdout } = await runCommand(argv, { home, env: openEnv });
    expect(JSON.parse(stdout)).toMatchObject({ file: { path }, written: { outcome: "changed" } });
  });

  it("tells what the relay has against the token or the sign-in", async () => {
    const { home, env } = await startRelay(false);
    const signIn = await runCommand(["connect", "codex", "--test"], { home, env });
    expect(signIn).toMatchObject({ code: 1 });
    expect(signIn.stderr).toContain("Run: airelays login");
    const other = { ...env, AIRELAYS_BEARER_TOKEN: "0f8e7d6c5b4a39281706f5e4d3c2b1a0" };
    const token = await runCommand(["connect", "codex"], { home, env: other });
    expect(token.stdout).toMatch(/401, The relay token is wrong\./);
  });

  it.each([24, 40, 80])(
    "fits a terminal of %i columns, but for what is to be copied",
    async (columns) => {
      const home = await makeHome();
      const { stdout } = await runCommand(["connect", "cline"], { home, env: openEnv, columns });
      const long = stdout.split("\n").filter((line) => line.length > columns);
      expect(long.filter((line) => line.trim().split(" ").length > 2)).toEqual([]);
    },
  );

  it.each<[argv: string[], lines: string[]]>([
    [
      ["codx"],
      [
        "error: There are no settings for `codx`; did you mean `airelays connect codex`?",
        "hint: airelays connect lists the tools; airelays env fits any other",
      ],
    ],
    [
      ["cursor", "--write"],
      [
        "error: Cursor has no file that airelays can write; its settings are filled in by hand.",
        "hint: airelays connect cursor",
      ],
    ],
    [
      ["codex", "--write", "--undo"],
      ["error: `--write` or `--undo`, not both.", "hint: airelays connect --help"],
    ],
    [
      ["codex", "--undo", "--test"],
      ["error: `--undo` goes without `--test`.", "hint: airelays connect --help"],
    ],
    [["--undo"], ["error: `--undo` needs the name of a tool.", "hint: airelays connect"]],
  ])("%j is wrong usage", async (argv, lines) => {
    const home = await makeHome();
    expect(await runCommand(["connect", ...argv], { home })).toEqual(failure(2, ...lines));
  });

  it("leaves a file alone that it cannot change, with the reason", async () => {
    const home = await makeHome();
    const path = join(home, ".codex", "config.toml");
    await mkdir(join(home, ".codex"));
    await writeFile(path, "model = ");
    const { stdout, stderr, code } = await runCommand(["connect", "codex", "--write"], {
      home,
      env: openEnv,
    });
    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toMatch(
      /error: `.*config\.toml` is not valid TOML \(.*\)\. Mend it first\. Nothing was changed\.\n$/,
    );
    expect(await readFile(path, "utf8")).toBe("model = ");
  });
});
