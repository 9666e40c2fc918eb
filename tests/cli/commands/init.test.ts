import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeHome, runCommand } from "../../helpers/test-io.ts";

const token = /^[\w-]{43}$/;

interface InitHome {
  readonly home: string;
  readonly configPath: string;
  readonly tokenPath: string;
  init(...options: string[]): ReturnType<typeof runCommand>;
  /** `init --json`, parsed. */
  initJson(...options: string[]): Promise<Record<string, unknown>>;
  readToken(): Promise<string>;
  writeConfig(text: string): Promise<void>;
}

async function createInitHome(env: Record<string, string> = {}): Promise<InitHome> {
  const home = await makeHome();
  const configPath = join(home, ".config", "airelays", "config.toml");
  const tokenPath = join(home, ".airelays", "relay-token");
  const init: InitHome["init"] = (...options) => runCommand(["init", ...options], { home, env });
  return {
    home,
    configPath,
    tokenPath,
    init,
    async initJson(...options) {
      const { stdout, stderr, code } = await init("--json", ...options);
      expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
      return JSON.parse(stdout);
    },
    readToken: async () => (await readFile(tokenPath, "utf8")).trim(),
    async writeConfig(text) {
      await mkdir(join(home, ".config", "airelays"), { recursive: true });
      await writeFile(configPath, text);
    },
  };
}

describe("init --json", () => {
  it("makes the config file and the token, and reveals the new token", async () => {
    const { configPath, tokenPath, initJson, readToken } = await createInitHome();

    const printed = await initJson();

    const made = await readToken();
    expect(made).toMatch(token);
    expect(printed).toEqual({
      app_name: "AIRelays",
      config_path: configPath,
      config_created: true,
      bearer_token_created: true,
      bearer_token_file: tokenPath,
      bearer_token_source: "file",
      client_api_key: made,
      relay_token: made,
      client: {
        base_url: "http://127.0.0.1:8080/v1",
        models_url: "http://127.0.0.1:8080/v1/models",
        requires_bearer_auth: true,
        authorization_header: "Authorization: Bearer <relay token>",
        token_file: tokenPath,
        reveal_token_command: "airelays token show",
        rotate_token_command: "airelays token rotate",
        client_api_key: made,
        relay_token: made,
        openai_api_key_env: `OPENAI_API_KEY=${made}`,
      },
      next_steps: ["airelays login", "airelays serve --host 127.0.0.1 --port 8080"],
    });
  });

  it("keeps what is there the second time, and does not show the token again", async () => {
    const { configPath, initJson, readToken } = await createInitHome();
    await initJson();
    const before = [await readFile(configPath, "utf8"), await readToken()];

    const printed = await initJson();

    expect([await readFile(configPath, "utf8"), await readToken()]).toEqual(before);
    expect(printed).toMatchObject({
      config_created: false,
      bearer_token_created: false,
      bearer_token_source: "file",
      client_api_key: null,
      relay_token: null,
    });
    expect(JSON.stringify(printed)).not.toContain(await readToken());
  });

  it("shows a token that was there when asked with --show-token", async () => {
    const { initJson, readToken } = await createInitHome();
    await initJson();

    expect(await initJson("--show-token")).toMatchObject({
      bearer_token_created: false,
      client_api_key: await readToken(),
      relay_token: await readToken(),
    });
  });

  it("makes no token beside one of the environment, and does not show that one", async () => {
    const { initJson, tokenPath } = await createInitHome({ AIRELAYS_BEARER_TOKEN: "from-env" });

    expect(await initJson()).toMatchObject({
      bearer_token_created: false,
      bearer_token_source: "env",
      client_api_key: null,
    });
    await expect(stat(tokenPath)).rejects.toThrow("ENOENT");
  });

  it("asks for the port of the configuration in the next steps", async () => {
    const { initJson } = await createInitHome({ AIRELAYS_HOST: "::1", AIRELAYS_PORT: "8181" });

    expect(await initJson()).toMatchObject({
      client: { base_url: "http://[::1]:8181/v1", models_url: "http://[::1]:8181/v1/models" },
      next_steps: ["airelays login", "airelays serve --host ::1 --port 8181"],
    });
  });
});

describe("init", () => {
  it("says what it made and shows the new token once", async () => {
    const { configPath, init, readToken } = await createInitHome();

    const { stdout, stderr, code } = await init();

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout).toContain(`  Config file:       ${configPath} (created)\n`);
    expect(stdout).toContain("  Relay token:       created\n");
    expect(stdout).toContain(
      `  Export URL:        export OPENAI_BASE_URL=http://127.0.0.1:8080/v1\n` +
        `  Export key:        export OPENAI_API_KEY=${await readToken()}\n`,
    );
    expect(stdout).toContain("  1. airelays login\n");
    expect((await init()).stdout).not.toContain(await readToken());
  });

  it("writes both files for their owner alone", async () => {
    const { configPath, tokenPath, init } = await createInitHome();
    await init();

    const modes = [(await stat(configPath)).mode & 0o777, (await stat(tokenPath)).mode & 0o777];
    expect(modes).toEqual([0o600, 0o600]);
  });

  it("writes a named config file that does not exist yet", async () => {
    const { home, initJson } = await createInitHome();
    const path = join(home, "elsewhere", "my.toml");

    expect(await initJson("--config", path)).toMatchObject({
      config_path: path,
      config_created: true,
    });
    expect(await readFile(path, "utf8")).toContain("[server]\n");
  });

  it("writes the file again with --force, keeping the values and the token", async () => {
    const { configPath, init, readToken, writeConfig } = await createInitHome();
    await writeConfig("# mine\n[server]\nport = 8181\n");
    await init();
    const before = await readToken();

    const { stdout } = await init("--force");

    expect(stdout).toContain(`${configPath} (replaced)`);
    const text = await readFile(configPath, "utf8");
    expect(text).toContain("\nport = 8181\n");
    expect(text).toContain("\nstorage = ");
    expect(text).not.toContain("# mine");
    expect(await readToken()).toBe(before);
  });
});

describe("init --no-auth", () => {
  it("writes open mode into a new file, makes no token and says who gets in", async () => {
    const { configPath, tokenPath, init } = await createInitHome();

    const { stdout, code } = await init("--no-auth");

    expect(code).toBe(0);
    expect(stdout).toContain("  Relay token:       disabled\n");
    expect(stdout).toContain("  Access mode:       open to every program on this machine\n");
    expect(await readFile(configPath, "utf8")).toContain("\nrequire_bearer_auth = false\n");
    await expect(stat(tokenPath)).rejects.toThrow("ENOENT");
  });

  it("changes that one line of a file that exists, and keeps every comment", async () => {
    const { configPath, initJson, writeConfig } = await createInitHome();
    const text = (flag: boolean): string =>
      `# mine\r\n[server]\r\nport = 8181 # odd\r\n\r\n[security] # doors\r\nrequire_bearer_auth = ${flag} # who\r\n`;
    await writeConfig(text(true));

    const printed = await initJson("--no-auth");

    expect(await readFile(configPath, "utf8")).toBe(text(false));
    expect(printed).toEqual({
      app_name: "AIRelays",
      config_path: configPath,
      config_created: false,
      bearer_token_created: false,
      bearer_token_file: expect.stringContaining("relay-token"),
      bearer_token_source: null,
      client_api_key: null,
      relay_token: null,
      client: {
        base_url: "http://127.0.0.1:8181/v1",
        models_url: "http://127.0.0.1:8181/v1/models",
        requires_bearer_auth: false,
        api_key_note: "Open mode: any API key is accepted, and none is needed.",
      },
      next_steps: ["airelays login", "airelays serve --host 127.0.0.1 --port 8181"],
    });
  });

  it("is what later commands go by, without the flag", async () => {
    const { home, init } = await createInitHome();
    await init();
    await init("--no-auth");

    const { stdout } = await runCommand(["status", "--json"], { home });

    expect(JSON.parse(stdout)).toMatchObject({ relay: { require_bearer_auth: false } });
  });
});

describe("init with a folder of its own", () => {
  it("keeps a relative path in full, and its next steps name it", async () => {
    const { home, configPath, initJson } = await createInitHome();

    const printed = await initJson("--data-dir", "./my data");

    const folder = join(home, "my data");
    expect(await readFile(configPath, "utf8")).toContain(`data_dir = ${JSON.stringify(folder)}\n`);
    expect(printed).toMatchObject({
      bearer_token_file: join(folder, "relay-token"),
      client: { reveal_token_command: `airelays token show --data-dir '${folder}'` },
      next_steps: [
        `airelays login --data-dir '${folder}'`,
        `airelays serve --data-dir '${folder}' --host 127.0.0.1 --port 8080`,
      ],
    });
  });
});
