import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { synopsisOf } from "../../src/cli/command-spec.ts";
import { commands } from "../../src/cli/command-table.ts";
import { version } from "../../src/version.ts";
import { failure, makeHome, runCommand } from "../helpers/test-io.ts";

describe("a terminal of 40 columns", () => {
  /** What is to be copied stands alone on its line, whole. */
  const isOneThing = (line: string): boolean => /^\s*((export )?\S+|\d\. airelays .+)$/.test(line);

  it.each([
    [[]],
    [["--help"]],
    [["start", "--help"]],
    [["status", "--offline"]],
    [["serve", "--prot", "1"]],
    [["quota"]],
    [["logs"]],
    [["restart"]],
    [["stop"]],
    [["init"]],
    [["token", "show"]],
    [["service", "status"]],
  ])("has every line of %j", async (argv) => {
    const home = await makeHome();
    const { stdout, stderr } = await runCommand(argv, { home, columns: 40 });
    const lines = `${stdout}${stderr}`.split("\n");
    const tooLong = lines.filter((line) => line.length > 40 && !isOneThing(line));
    expect(lines.length).toBeGreaterThan(1);
    expect(tooLong).toEqual([]);
  });
});

describe("help", () => {
  it("lists every command, the global options and the exit codes", async () => {
    const result = await runCommand(["--help"], { home: await makeHome() });

    expect(result).toEqual({ stdout: expect.any(String), stderr: "", code: 0 });
    expect(result.stdout).toMatchInlineSnapshot(`
      "airelays [command] [options]

      Your own ChatGPT subscription as a local OpenAI-compatible API.
      Without a command: how things are, and the next step.

      Commands:
        airelays init                 Write the config file and create the relay token
        airelays login                Sign in with your ChatGPT account
        airelays logout               End the sign-in and delete it from this machine
        airelays completion <shell>   Print a script that completes commands, options and values in your shell
        airelays start                Set up and sign in where that is still to do, then serve
        airelays serve                Start the relay
        airelays demo                 Start the relay on a stand-in upstream: no account, no AI
        airelays stop                 Stop the relay, wherever it runs, after the answers that run
        airelays restart              Stop the relay and start it again with the options that it had
        airelays connect [tool]       Show or write the settings of a tool that is to use the relay
        airelays run [command..]      Start a command with the variables by which clients find the relay
        airelays env                  Print the variables by which clients find the relay, for your shell
        airelays status               Show configuration, sign-in and what is left of the plan
        airelays quota                Tell whether enough of the plan is left, with the exit code
        airelays models               List the models of your plan
        airelays doctor               Check every layer between a client and an answer, and say what to do
        airelays logs                 Show the requests of the transit log, a line each, the newest last
        airelays why <request-id>     Explain one request: what the client sent, what was sent upstream, what came back
        airelays replay <request-id>  Send what a client sent once more, to the running relay, and print the answer
        airelays report               Write a zip file for a bug report, without secrets and without what was said
        airelays token                The relay token: show or rotate
        airelays config               The settings: get, set, path, or check
        airelays service              The relay as a service of this system: install, uninstall, or status

      Everywhere:
            --config        Path of the config file  [string]
            --data-dir      Folder of the login, token and logs  [string]
            --logs-dir      Folder of the transit log  [string]
            --auth-storage  Where the login is kept: auto, keyring or file  [string]

      Options:
            --version  Show version number  [boolean]
        -h, --help     Show help  [boolean]

      Exit codes: 0 done; 1 failed; 2 wrong usage, or cancelled; 3 no: not enough of the plan is left (quota); 4 sign-in needed: airelays login.
      "
    `);
  });

  it("of a command shows its options and an example", async () => {
    const result = await runCommand(["serve", "--help"], { home: await makeHome() });

    expect(result).toEqual({ stdout: expect.any(String), stderr: "", code: 0 });
    expect(result.stdout).toMatchInlineSnapshot(`
      "airelays serve

      Start the relay

      Everywhere:
            --config        Path of the config file  [string]
            --data-dir      Folder of the login, token and logs  [string]
            --logs-dir      Folder of the transit log  [string]
            --auth-storage  Where the login is kept: auto, keyring or file  [string]

      Options:
            --version            Show version number  [boolean]
        -h, --help               Show help  [boolean]
            --host               Address to listen on  [string]
            --port               Port to listen on; 0 takes a free one  [string]
            --allow-network      Allow an address that other machines can reach  [boolean]
            --no-auth            Open mode: no relay token is needed  [boolean]
            --bearer-token-file  File that holds the relay token  [string]
            --ollama             Also answer as Ollama, on 127.0.0.1:11434 or this address  [string]
            --ollama-open        No relay token is needed on the port of --ollama  [boolean]
            --detach             Serve in the background, also when the terminal is closed  [boolean]
            --quiet              Tell nothing of single requests  [boolean]
            --plain              For screen readers: nothing is drawn again, and no bars  [boolean]

      Examples:
        airelays serve --port 8317  Listen on another port
        airelays serve --ollama     Also where programs look for Ollama
        airelays serve --detach     In the background; airelays stop ends it
      "
    `);
  });

  it.each(commands.map((spec) => [spec.name, synopsisOf(spec), spec.summary]))(
    "of `%s` runs nothing and exits 0",
    async (name, synopsis, summary) => {
      const home = await makeHome();
      const result = await runCommand([...name.split(" "), "--help"], { home });

      expect(result).toEqual({
        stdout: expect.stringMatching(/Examples:\n {2}\S/),
        stderr: "",
        code: 0,
      });
      expect(result.stdout).toContain(`airelays ${synopsis}\n\n${summary}\n`);
      expect(await readdir(home)).toEqual([]);
    },
  );

  it("prints the version alone, for scripts", async () => {
    expect(await runCommand(["--version"], { home: await makeHome() })).toEqual({
      stdout: `${version}\n`,
      stderr: "",
      code: 0,
    });
  });
});

describe("a wrong command line", () => {
  it.each<[argv: string[], message: string, help?: string]>([
    [["service"], "Name a command: service install, uninstall, or status.", "service"],
    [["token"], "Name a command: token show or rotate.", "token"],
    [["statsu"], "Unknown command `statsu`; did you mean `airelays status`?"],
    [["token", "shwo"], "Unknown command `shwo`; did you mean `airelays token show`?", "token"],
    [["rotate"], "Unknown command `rotate`; did you mean `airelays token rotate`?"],
    [["dance"], "Unknown command `dance`"],
    [["status", "everything"], "Unknown command `everything`", "status"],
    [["status", "--jsno"], "Unknown option `--jsno`; did you mean `--json`?", "status"],
    [
      ["status", "--ollama"],
      "Unknown option `--ollama`; `airelays start` and `airelays serve` have it",
      "status",
    ],
    [["status", "--no-json"], "Unknown option `--no-json`", "status"],
    [["token", "show", "--jsn"], "Unknown option `--jsn`; did you mean `--json`?", "token show"],
    [["serve", "--port"], "`--port` needs a value", "serve"],
    [["--config"], "`--config` needs a value"],
    [
      ["serve", "--port", "http"],
      '`--port` must be a whole number from 0 to 65535, not "http"',
      "serve",
    ],
    [
      ["demo", "--port", "65536"],
      "`--port` must be a whole number from 0 to 65535, not 65536",
      "demo",
    ],
    [
      ["--auth-storage", "cloud", "status"],
      '`--auth-storage` must be one of `auto`, `keyring`, `file`, not "cloud"',
      "status",
    ],
  ])("%j is one line with the way to the help, and exit 2", async (argv, message, help) => {
    const home = await makeHome();

    const hint = `hint: airelays ${help === undefined ? "" : `${help} `}--help`;
    expect(await runCommand(argv, { home })).toEqual(failure(2, `error: ${message}`, hint));
    expect(await readdir(home)).toEqual([]);
  });
});

describe("global options", () => {
  it.each<[place: string, argv: (options: string[]) => string[]]>([
    ["before", (options) => [...options, "status", "--json"]],
    ["after", (options) => ["status", "--json", ...options]],
  ])("work %s the command", async (_, argv) => {
    const home = await makeHome();
    const config = join(home, "my.toml");
    await writeFile(config, "[server]\nport = 8181\n");
    const options = ["--config", config, "--data-dir", join(home, "data")];
    const more = ["--logs-dir", join(home, "logs"), "--auth-storage", "file"];

    const { stdout, stderr, code } = await runCommand(argv([...options, ...more]), { home });

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(JSON.parse(stdout)).toMatchObject({
      relay: {
        config_path: config,
        config_exists: true,
        port: 8181,
        data_dir: join(home, "data"),
        logs_dir: join(home, "logs"),
        auth_storage_mode: "file",
        bearer_token_file: join(home, "data", "relay-token"),
      },
      origins: {
        "server.port": "file",
        "paths.data_dir": "flag --data-dir",
        "paths.logs_dir": "flag --logs-dir",
        "auth.storage": "flag --auth-storage",
        "security.bearer_token_file": "default",
      },
    });
  });

  it("are repeated in the next step of an error, so that it works as it is", async () => {
    const home = await makeHome();

    expect(await runCommand(["models", "--data-dir", "data"], { home })).toEqual(
      failure(
        4,
        `error: Not signed in to ChatGPT. Run: airelays login --data-dir ${join(home, "data")}`,
      ),
    );
  });

  it("take the last of two values", async () => {
    const home = await makeHome();
    const argv = ["--data-dir", join(home, "a"), "status", "--json", "--data-dir", join(home, "b")];

    const { stdout } = await runCommand(argv, { home });

    expect(JSON.parse(stdout)).toMatchObject({ relay: { data_dir: join(home, "b") } });
  });

  it("stand above the environment, and the environment above the file", async () => {
    const home = await makeHome();
    const config = join(home, "my.toml");
    await writeFile(config, '[server]\nport = 1\nhost = "::1"\n[paths]\ndata_dir = "/file"\n');
    const env = {
      AIRELAYS_CONFIG: config,
      AIRELAYS_PORT: "2",
      AIRELAYS_DATA_DIR: join(home, "env"),
    };

    const { stdout } = await runCommand(["status", "--json", "--data-dir", join(home, "flag")], {
      home,
      env,
    });

    expect(JSON.parse(stdout)).toMatchObject({
      relay: { host: "::1", port: 2, data_dir: join(home, "flag") },
    });
  });
});

describe("a bad configuration", () => {
  const configHint = "hint: CONFIGURATION.md describes every setting";

  async function homeWith(toml: string): Promise<{ home: string; path: string }> {
    const home = await makeHome();
    const path = join(home, ".config", "airelays", "config.toml");
    await mkdir(join(home, ".config", "airelays"), { recursive: true });
    await writeFile(path, toml);
    return { home, path };
  }

  // The demo reads none of it, and for `doctor` and `report` it is a finding.
  const readers = commands.filter(
    ({ name }) => !/^(demo|doctor|report|config (path|set)|completion)$/.test(name),
  );

  it.each(readers)("stops `$name`, naming file and line, and exits 1", async (spec) => {
    const asked = Object.values(spec.positionals ?? {}).filter(
      ({ demandOption }) => demandOption !== false,
    );
    const operands = asked.map(() => "a1b2c3d4");
    const { home, path } = await homeWith("[server]\nhost = \nport = 8080\n");

    const { stdout, stderr, code } = await runCommand([...spec.name.split(" "), ...operands], {
      home,
    });

    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    const [error = "", ...rest] = stderr.split("\n");
    expect(error).toContain(`The configuration is not valid. ${path}, line 2: is not valid TOML:`);
    expect(rest).toEqual([configHint, ""]);
  });

  it("names the setting that an unknown key was meant to be", async () => {
    const { home, path } = await homeWith("[server]\nprot = 1\n");

    expect(await runCommand(["status"], { home })).toEqual(
      failure(
        1,
        `error: The configuration is not valid. ${path}, line 2: unknown key \`server.prot\`; did you mean \`server.port\`?`,
        configHint,
      ),
    );
  });

  it("is told with all its problems at once", async () => {
    const { home, path } = await homeWith('[server]\nport = "x"\n[nowhere]\na = 1\n');

    expect(
      await runCommand(["status"], { home, env: { AIRELAYS_RATE_LIMIT_BURST: "many" } }),
    ).toEqual(
      failure(
        1,
        "error: The configuration has 3 problems:",
        `  ${path}, line 3: unknown section \`[nowhere]\``,
        `  ${path}, line 2: \`server.port\` must be a whole number from 0 to 65535, not "x"`,
        '  environment AIRELAYS_RATE_LIMIT_BURST: `security.rate_limit_burst` must be a whole number from 1 to 1000000, not "many"',
        configHint,
      ),
    );
  });

  it("includes a file that was named and is not there", async () => {
    const home = await makeHome();
    const path = join(home, "none.toml");

    expect(await runCommand(["status", "--config", path], { home })).toEqual(
      failure(
        1,
        `error: The configuration is not valid. ${path}: does not exist, and flag --config names it; \`airelays init --config ${path}\` writes it`,
        configHint,
      ),
    );
  });

  it("does not include a variable that nothing reads: that is a note", async () => {
    const home = await makeHome();
    const { stderr, code } = await runCommand(["status", "--json"], {
      home,
      env: { AIRELAYS_PROT: "1" },
    });

    expect({ stderr, code }).toEqual({
      stderr:
        "note: environment `AIRELAYS_PROT` is not a setting and does nothing; did you mean `AIRELAYS_PORT`?\n",
      code: 0,
    });
  });
});

describe("a failure of this machine", () => {
  it("is one line that names the path, without a stack", async () => {
    const home = await makeHome();
    const blocked = join(home, "file");
    await writeFile(blocked, "not a folder");

    const { stdout, stderr, code } = await runCommand(["init", "--data-dir", blocked], { home });

    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toMatch(/^error: .*\n(hint: .*\n)?$/);
    expect(stderr).toContain(blocked);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
