import { lstat, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure, makeHome, runCommand, startCommand } from "../../helpers/test-io.ts";

const hint = "hint: airelays config get lists every setting";

async function homeWith(toml?: string): Promise<{ home: string; path: string }> {
  const home = await makeHome();
  const path = join(home, ".config", "airelays", "config.toml");
  await mkdir(join(home, ".config", "airelays"), { recursive: true });
  if (toml !== undefined) await writeFile(path, toml);
  return { home, path };
}

describe("config get", () => {
  it("prints the value as data and its origin as talk", async () => {
    const { home } = await homeWith(
      '[server]\nport = 8181\n[models]\naliases = { a = "b", "c.d" = "e" }\n',
    );

    expect(await runCommand(["config", "get", "server.port"], { home })).toEqual({
      stdout: "8181\n",
      stderr: "from: file\n",
      code: 0,
    });
    expect(await runCommand(["config", "get", "models.aliases"], { home })).toMatchObject({
      stdout: "a=b, c.d=e\n",
    });
    expect(
      await runCommand(["config", "get", "server.port", "--json"], {
        home,
        env: { AIRELAYS_PORT: "9" },
      }),
    ).toMatchObject({
      stdout: expect.stringContaining('"value": 9,\n  "origin": "environment AIRELAYS_PORT"'),
      stderr: "",
    });
  });

  it("lists every setting, and never the token", async () => {
    const { home } = await homeWith();
    const env = { AIRELAYS_BEARER_TOKEN: "token-of-the-environment" };

    const { stdout } = await runCommand(["config", "get"], { home, env });
    const json = await runCommand(["config", "get", "--json"], { home, env });

    expect(stdout).toContain("server.port = 8080  (default)\n");
    expect(stdout).toContain("security.bearer_token =   (environment AIRELAYS_BEARER_TOKEN)\n");
    expect(stdout + json.stdout).not.toContain("token-of-the-environment");
    expect(JSON.parse(json.stdout)).toContainEqual({
      key: "security.bearer_token",
      value: null,
      origin: "environment AIRELAYS_BEARER_TOKEN",
    });
  });

  it.each([
    ["server.prot", "; did you mean `server.port`?"],
    ["port", "; did you mean `server.port`?"],
    ["xyzzyxyzzy", ""],
  ])("of `%s` names what was meant", async (key, guess) => {
    expect(await runCommand(["config", "get", key], { home: await makeHome() })).toEqual(
      failure(2, `error: There is no setting \`${key}\`${guess}`, hint),
    );
  });
});

describe("config set", () => {
  it("changes one value and leaves everything else as it is", async () => {
    const { home, path } = await homeWith(
      "# mine\n[server]\nport = 1 # of old\nhost = 'localhost'\n",
    );

    expect(await runCommand(["config", "set", "server.port", "8181"], { home })).toEqual({
      stdout: `server.port = 8181 is set in ${path}\n`,
      stderr: "",
      code: 0,
    });
    expect(await readFile(path, "utf8")).toBe(
      "# mine\n[server]\nport = 8181 # of old\nhost = 'localhost'\n",
    );
  });

  it("writes a file where there is none, lists, tables and paths in full included", async () => {
    const { home, path } = await homeWith();
    const set = async (key: string, value: string) =>
      expect(await runCommand(["config", "set", key, value], { home })).toMatchObject({ code: 0 });

    await set("models.aliases", "gpt-4o=gpt-5.5");
    await set("models.aliases", "a=b, c.d=e");
    await set("security.allowed_hosts", "one.lan");
    await set("security.allowed_hosts", "one.lan, two.lan");
    await set("paths.data_dir", "./x y");

    expect(await readFile(path, "utf8")).toBe(
      [
        "[models]",
        'aliases = { "a" = "b", "c.d" = "e" }',
        "",
        "[security]",
        'allowed_hosts = ["one.lan", "two.lan"]',
        "",
        "[paths]",
        `data_dir = ${JSON.stringify(join(home, "x y"))}`,
        "",
      ].join("\n"),
    );
  });

  it.each([
    [
      "server.port",
      "http",
      '`server.port` must be a whole number from 0 to 65535, not "http"',
      hint,
    ],
    [
      "security.bearer_token",
      "secret-of-mine",
      "`security.bearer_token` is a secret, and no file but its own may hold it.",
      "hint: Set `AIRELAYS_BEARER_TOKEN`, or make a new one: airelays token rotate",
    ],
  ])("refuses %s = %s, and writes nothing", async (key, value, message, way) => {
    const { home, path } = await homeWith("# mine\n");

    expect(await runCommand(["config", "set", key, value], { home })).toEqual(
      failure(2, `error: ${message}`, way),
    );
    expect(await readFile(path, "utf8")).toBe("# mine\n");
  });

  it.skipIf(process.platform === "win32")("writes through a link", async () => {
    const { home, path } = await homeWith();
    const target = join(home, "dotfiles.toml");
    await writeFile(target, "# mine\n");
    await symlink(target, path);

    await runCommand(["config", "set", "server.port", "8181"], { home });

    expect(await readFile(target, "utf8")).toBe("# mine\n\n[server]\nport = 8181\n");
    expect((await lstat(path)).isSymbolicLink()).toBe(true);
  });

  it("mends a file that is wrong in that line, and says when more is", async () => {
    const { home, path } = await homeWith('[server]\nport = "x"\nhots = "y"\n');

    const result = await runCommand(["config", "set", "server.port", "8181"], { home });

    expect(result).toEqual({
      stdout: `server.port = 8181 is set in ${path}\n`,
      stderr: "note: The configuration has other problems. Run: airelays config check\n",
      code: 0,
    });
  });

  it("says when the environment wins all the same", async () => {
    const { home } = await homeWith();

    const { stderr } = await runCommand(["config", "set", "server.port", "1"], {
      home,
      env: { AIRELAYS_PORT: "2" },
    });

    expect(stderr).toBe("note: environment AIRELAYS_PORT still wins over the file.\n");
  });

  it("says when a running relay has to be started again", async () => {
    const { home } = await homeWith();
    const relay = startCommand(["serve", "--no-auth", "--port", "0"], { home });
    const [, url = ""] = await relay.until(/Base URL: +(\S+)\/v1\n[\s\S]*Ctrl-C stops/);

    const first = await runCommand(["config", "set", "logging.content", "metadata"], { home });
    const again = await runCommand(["config", "set", "logging.content", "metadata", "--json"], {
      home,
    });
    relay.stop();
    await relay.done;

    expect(first.stderr).toBe(
      `note: The relay at ${url} goes on with the value of its start. Run: airelays restart\n`,
    );
    expect(JSON.parse(again.stdout)).toEqual({
      config_path: join(home, ".config", "airelays", "config.toml"),
      key: "logging.content",
      value: "metadata",
      changed: false,
      origin: "file",
      restart_needed: false,
    });
  });

  it("names what is missing", async () => {
    expect(await runCommand(["config", "set", "server.port"], { home: await makeHome() })).toEqual(
      failure(
        2,
        "error: Something is missing: airelays config set <key> <value>",
        "hint: airelays config set --help",
      ),
    );
  });
});

describe("config path", () => {
  it("prints the path for a shell, and says when there is no file", async () => {
    const { home, path } = await homeWith();

    expect(await runCommand(["config", "path"], { home })).toEqual({
      stdout: `${path}\n`,
      stderr: "note: It is not written yet. Run: airelays init\n",
      code: 0,
    });
    await writeFile(path, "not = [ toml");
    expect(await runCommand(["config", "path", "--json"], { home })).toEqual({
      stdout: `${JSON.stringify({ config_path: path, config_exists: true }, null, 2)}\n`,
      stderr: "",
      code: 0,
    });
  });
});

describe("config check", () => {
  it("tells every problem, as JSON too, and exits 1", async () => {
    const { home, path } = await homeWith('[server]\nport = "x"\n[nowhere]\na = 1\n');
    const problems = [
      `${path}, line 3: unknown section \`[nowhere]\``,
      `${path}, line 2: \`server.port\` must be a whole number from 0 to 65535, not "x"`,
    ];
    const told = [
      "error: The configuration has 2 problems:",
      ...problems.map((problem) => `  ${problem}`),
      "hint: CONFIGURATION.md describes every setting",
    ];

    expect(await runCommand(["config", "check"], { home })).toEqual(failure(1, ...told));
    const { stdout, stderr, code } = await runCommand(["config", "check", "--json"], { home });
    expect({ stderr, code }).toEqual({ stderr: failure(1, ...told).stderr, code: 1 });
    expect(JSON.parse(stdout)).toEqual({ ok: false, config_path: path, problems, notices: [] });
  });

  it("says that nothing is wrong, and what does nothing", async () => {
    const { home, path } = await homeWith("[server]\nport = 1\n");

    const { stdout, stderr, code } = await runCommand(["config", "check"], {
      home,
      env: { AIRELAYS_PROT: "1" },
    });

    expect(code).toBe(0);
    // The second one is the storage of the login, which the tests set.
    expect(stdout).toMatch(/^Nothing is wrong: \d+ settings, 2 of them set\. /);
    expect(stdout).toContain(path);
    expect(stderr).toContain("note: environment `AIRELAYS_PROT` is not a setting");
  });
});
