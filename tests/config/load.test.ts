import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import { type LoadOptions, loadConfig } from "../../src/config/load.ts";
import { isRelayError } from "../../src/errors.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

let home: string;
beforeEach(async () => {
  home = await makeTempFolder();
});

const configFile = () => join(home, ".config", "airelays", "config.toml");

async function writeConfig(text: string, path = configFile()): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

function load(options: Partial<LoadOptions> = {}) {
  return loadConfig({ env: {}, platform: "linux", homeDirectory: home, ...options });
}

/** The problems that stop the start, one a line, without the home folder. */
async function problemsOf(options: Partial<LoadOptions> = {}): Promise<string[]> {
  const error = await load(options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isRelayError(error)) throw new Error("expected the load to fail");
  expect(error.code).toBe("config_invalid");
  const message = error.message.replaceAll(home, "~");
  if (!message.includes("\n")) return [message.replace("The configuration is not valid. ", "")];
  const [head, ...lines] = message.split("\n");
  expect(head).toBe(`The configuration has ${lines.length} problems:`);
  return lines.map((line) => line.trim());
}

const inFile = "~/.config/airelays/config.toml";

describe("the defaults", () => {
  it("are complete without any file, variable or flag", async () => {
    const { config, exists, path, notices, origins } = await load();
    expect(config).toEqual({
      server: {
        host: "127.0.0.1",
        port: 8080,
        allowNetwork: false,
        maxBodyBytes: 33_554_432,
        drainSeconds: 10,
        keepaliveSeconds: 15,
      },
      paths: { dataDir: join(home, ".airelays"), logsDir: join(home, ".airelays", "logs") },
      auth: { storage: "auto", browserOpen: false, loginTimeoutSeconds: 900 },
      upstream: {
        baseUrl: "https://chatgpt.com/backend-api/codex",
        issuerBaseUrl: "https://auth.openai.com",
        transport: "http",
        clientId: "app_EMoamEEZ73f0CkXaXp7hrann",
        clientVersion: "0.169.0",
        originator: "airelays",
        connectTimeoutSeconds: 15,
        requestTimeoutSeconds: 300,
        retryAttempts: 2,
        modelsCacheTtlSeconds: 300,
      },
      security: {
        requireBearerAuth: true,
        bearerTokenFile: join(home, ".airelays", "relay-token"),
        autoGenerateBearerToken: false,
        allowedOrigins: [],
        allowedHosts: [],
        rateLimitPerMinute: 120,
        rateLimitBurst: 40,
        concurrentRequestsPerIp: 8,
        failedAuthWindowSeconds: 300,
        failedAuthMaxAttempts: 8,
        failedAuthBlockSeconds: 900,
        trustedProxies: [],
        trustXForwardedFor: false,
      },
      uploads: { maxUploadBytes: 33_554_432, maxTotalUploadBytes: 268_435_456 },
      models: { aliases: {}, default: "auto" },
      chat: { reasoning: "reasoning_content" },
      ollama: { listen: "off", open: false },
      state: { responses: "memory", maxResponses: 1_000, maxBytes: 67_108_864, maxAgeHours: 720 },
      logging: {
        content: "full",
        streamLines: false,
        maxTotalBytes: 1_073_741_824,
        retentionDays: 30,
      },
    });
    expect({ exists, path, notices }).toEqual({ exists: false, path: configFile(), notices: [] });
    expect(new Set(Object.values(origins))).toEqual(new Set(["default"]));
  });
});

describe("precedence", () => {
  const layers: readonly [name: string, options: Partial<LoadOptions>, port: number][] = [
    ["file", {}, 1001],
    ["environment OPENAI_ENDPOINT_PORT", { env: { OPENAI_ENDPOINT_PORT: "1002" } }, 1002],
    ["environment AIRELAY_PORT", { env: { AIRELAY_PORT: "1003" } }, 1003],
    ["environment AIRELAYS_PORT", { env: { AIRELAYS_PORT: "1004" } }, 1004],
    ["flag --port", { flags: { port: "1005" } }, 1005],
  ];

  it.each(layers.map((layer, index) => [layer[0], index] as const))(
    "lets %s win over everything weaker, and says so",
    async (origin, index) => {
      await writeConfig("[server]\nport = 1001\n");
      const upTo = layers.slice(0, index + 1);
      const { config, origins } = await load({
        env: Object.assign({}, ...upTo.map(([, { env }]) => env ?? {})),
        flags: Object.assign({}, ...upTo.map(([, { flags }]) => flags ?? {})),
      });
      expect([config.server.port, origins["server.port"]]).toEqual([layers[index]?.[2], origin]);
    },
  );

  it("counts an empty variable as unset", async () => {
    const { origins } = await load({ env: { AIRELAYS_PORT: "", AIRELAYS_CONFIG: "" } });
    expect(origins["server.port"]).toBe("default");
  });

  it("does not read the oldest prefix for settings that came later", async () => {
    const { config } = await load({ env: { OPENAI_ENDPOINT_RATE_LIMIT_PER_MINUTE: "1" } });
    expect(config.security.rateLimitPerMinute).toBe(120);
  });

  it("reads the catalogue lifetime under its older name too", async () => {
    const env = { AIRELAYS_OPENAI_MODELS_CACHE_TTL_SECONDS: "60" };
    expect((await load({ env })).config.upstream.modelsCacheTtlSeconds).toBe(60);
  });

  it("turns `--no-auth` into require_bearer_auth = false", async () => {
    const { config, origins } = await load({ flags: { "no-auth": true } });
    expect([config.security.requireBearerAuth, origins["security.require_bearer_auth"]]).toEqual([
      false,
      "flag --no-auth",
    ]);
  });

  it.each([
    ["1", true],
    ["TRUE", true],
    [" Yes ", true],
    ["on", true],
    ["0", false],
    ["False", false],
    ["no", false],
    ["OFF", false],
  ])("reads the variable %j as %s", async (text, value) => {
    const { config } = await load({ env: { AIRELAYS_BROWSER_OPEN: text } });
    expect(config.auth.browserOpen).toBe(value);
  });
});

describe("the config file", () => {
  it("may have a byte order mark and CRLF lines", async () => {
    await writeConfig(
      '\uFEFF# mine\r\n[server]\r\nport = 9000 # why\r\n[auth]\r\nstorage = "File"\r\n',
    );
    const { config, exists, origins } = await load();
    expect([config.server.port, config.auth.storage, exists, origins["auth.storage"]]).toEqual([
      9000,
      "file",
      true,
      "file",
    ]);
  });

  it("is taken from its old place when there is no new one", async () => {
    const old = join(home, ".config", "airelay", "config.toml");
    await writeConfig("[server]\nport = 9001\n", old);
    const { config, path } = await load();
    expect([config.server.port, path]).toEqual([9001, old]);
  });

  it("is an error when it is named and missing, unless it is about to be written", async () => {
    const options = { configPath: "~/none.toml" };
    expect(await problemsOf(options)).toEqual([
      "~/none.toml: does not exist, and flag --config names it; `airelays init` writes it",
    ]);
    const { path, exists } = await load({ ...options, allowMissing: true });
    expect({ path, exists }).toEqual({ path: join(home, "none.toml"), exists: false });
  });

  it("is an error when it cannot be read", async () => {
    await mkdir(configFile(), { recursive: true });
    expect(await problemsOf()).toEqual([expect.stringContaining(`${inFile}: cannot be read: `)]);
  });

  it("keeps the retired keys of later versions as notices", async () => {
    await writeConfig(
      '[paths]\ncodex_home = "/x"\n[providers.openai]\nbalance = "ordered"\nretry_attempts = 3\n[providers.claude]\nenabled = true\n',
    );
    const { notices } = await load();
    expect(notices.map((notice) => notice.replace(home, "~"))).toEqual([
      `${inFile}: \`paths.codex_home\` is no longer used: the login of another program is never read`,
      `${inFile}: \`providers.openai.balance\` is no longer used: this relay has one upstream, your own ChatGPT subscription`,
      `${inFile}: \`providers.openai.retry_attempts\` is no longer used: there is one upstream; use \`upstream.retry_attempts\``,
      `${inFile}: \`providers.claude\` is no longer used: this relay has one upstream, your own ChatGPT subscription`,
    ]);
  });
});

describe("what is wrong", () => {
  it("is reported all at once, with file and line, variable or flag", async () => {
    await writeConfig(
      [
        "[server]",
        "prot = 9000",
        'port = "80"',
        "",
        "[secutity]",
        "require_bearer_auth = false",
        "[logging]",
        'content = "none"',
        "[upstream]",
        'base_url = "http://example.com"',
        "retry_attempts = 1.5",
        "request_timeout_seconds = nan",
      ].join("\n"),
    );
    const problems = await problemsOf({
      env: { AIRELAYS_BROWSER_OPEN: "maybe", AIRELAY_DRAIN_SECONDS: "-1" },
      flags: { port: 70_000, "auth-storage": "safe" },
    });
    expect(problems).toEqual([
      `${inFile}, line 2: unknown key \`server.prot\`; did you mean \`server.port\`?`,
      `${inFile}, line 5: unknown section \`[secutity]\`; did you mean \`[security]\`?`,
      "flag --port: `server.port` must be a whole number from 0 to 65535, not 70000",
      `${inFile}, line 3: \`server.port\` must be a whole number from 0 to 65535, not "80"`,
      "environment AIRELAY_DRAIN_SECONDS: `server.drain_seconds` must be a number from 0 to 3600, not -1",
      'flag --auth-storage: `auth.storage` must be one of `auto`, `keyring`, `file`, not "safe"',
      'environment AIRELAYS_BROWSER_OPEN: `auth.browser_open` must be `true` or `false`, not "maybe"',
      `${inFile}, line 10: \`upstream.base_url\` must be a URL that begins with \`https://\`; \`http://\` is for this machine only`,
      `${inFile}, line 12: \`upstream.request_timeout_seconds\` must be a number from 0.1 to 86400, not NaN`,
      `${inFile}, line 11: \`upstream.retry_attempts\` must be a whole number from 0 to 10, not 1.5`,
      `${inFile}, line 8: \`logging.content\` must be one of \`full\`, \`metadata\`, not "none"`,
    ]);
  });

  it("includes bad variables when the file is no TOML", async () => {
    await writeConfig("# a\n[server]\nport = = 1\n");
    expect(await problemsOf({ env: { AIRELAYS_PORT: "x" } })).toEqual([
      expect.stringContaining(`${inFile}, line 3: is not valid TOML: Unexpected character`),
      'environment AIRELAYS_PORT: `server.port` must be a whole number from 0 to 65535, not "x"',
    ]);
  });

  it("tells how a Windows path is written", async () => {
    await writeConfig('[paths]\ndata_dir = "C:\\Users\\me"\n');
    expect(await problemsOf()).toEqual([
      expect.stringMatching(
        /, line 2: is not valid TOML: .*; a path with backslashes needs single quotes$/,
      ),
    ]);
  });

  it("never repeats the text of the file or a long value, which may be a secret", async () => {
    const secret = "f".repeat(43);
    await writeConfig(
      `[security]\nbearer_token = "${secret}"\nrequire_bearer_auth = "${secret}"\n`,
    );
    const problems = await problemsOf({
      env: { AIRELAYS_PORT: secret, AIRELAYS_UPSTREAM_BASE_URL: `https://me:${secret}@a.example` },
    });
    expect(problems).toEqual([
      `${inFile}, line 2: \`security.bearer_token\` is not read from this file; set \`AIRELAYS_BEARER_TOKEN\` instead`,
      "environment AIRELAYS_PORT: `server.port` must be a whole number from 0 to 65535",
      "environment AIRELAYS_UPSTREAM_BASE_URL: `upstream.base_url` must be a URL without a user name or password",
      `${inFile}, line 3: \`security.require_bearer_auth\` must be \`true\` or \`false\``,
    ]);
    await writeConfig(`bearer_token = "${secret}" x\n`);
    expect((await problemsOf()).join()).not.toContain(secret);
  });

  it("names keys that clash with the object prototype like any other", async () => {
    await writeConfig("[server]\nconstructor = 1\ntoString = 2\n");
    expect(await problemsOf()).toEqual([
      `${inFile}, line 2: unknown key \`server.constructor\``,
      `${inFile}, line 3: unknown key \`server.toString\``,
    ]);
  });

  it("asks for a section where a value stands", async () => {
    await writeConfig("server = 1\nport = 2\n");
    expect(await problemsOf()).toEqual([
      `${inFile}, line 1: \`server\` must be a section: \`[server]\``,
      `${inFile}, line 2: unknown key \`port\`; did you mean \`server.port\`?`,
    ]);
  });

  it("is only a notice for a variable that nothing reads", async () => {
    const { notices } = await load({ env: { AIRELAYS_PROT: "1", OTHER: "1" } });
    expect(notices).toEqual([
      "environment `AIRELAYS_PROT` is not a setting and does nothing; did you mean `AIRELAYS_PORT`?",
    ]);
  });
});

describe("the relay token of the environment", () => {
  it("is in the config and in nothing that prints it", async () => {
    const token = "t".repeat(43);
    const { config } = await load({ env: { AIRELAYS_BEARER_TOKEN: ` ${token}\n` } });
    expect(config.security.bearerToken).toBe(token);
    const printed = [JSON.stringify(config), inspect(config, { depth: null })].join();
    expect(printed).not.toContain(token);
  });

  it("is refused, unrepeated, when a header cannot carry it", async () => {
    expect(await problemsOf({ env: { AIRELAYS_BEARER_TOKEN: "tökén" } })).toEqual([
      "environment AIRELAYS_BEARER_TOKEN: `security.bearer_token` must be printable ASCII characters without spaces",
    ]);
  });
});

describe("paths", () => {
  it("expand `~` and follow `--data-dir`", async () => {
    const { config, origins } = await load({ flags: { "data-dir": "~/elsewhere" } });
    expect([config.paths, config.security.bearerTokenFile]).toEqual([
      { dataDir: join(home, "elsewhere"), logsDir: join(home, "elsewhere", "logs") },
      join(home, "elsewhere", "relay-token"),
    ]);
    expect([origins["paths.data_dir"], origins["paths.logs_dir"]]).toEqual([
      "flag --data-dir",
      "default",
    ]);
  });

  it("in a file written by `init` follow `--data-dir` as long as they are the defaults", async () => {
    await writeConfig(
      `[paths]\ndata_dir = "${home}/data"\nlogs_dir = "${home}/data/logs"\n[security]\nbearer_token_file = "${home}/key"\n`,
    );
    const { config } = await load({ flags: { "data-dir": "/moved" } });
    expect([config.paths.logsDir, config.security.bearerTokenFile]).toEqual([
      "/moved/logs",
      join(home, "key"),
    ]);
  });

  it("stay where a flag or a variable put them when the data folder moves", async () => {
    const { config } = await load({
      env: { AIRELAYS_BEARER_TOKEN_FILE: "/keys/relay" },
      flags: { "data-dir": "/moved", "logs-dir": "/var/log/relay" },
    });
    expect([config.paths.logsDir, config.security.bearerTokenFile]).toEqual([
      "/var/log/relay",
      "/keys/relay",
    ]);
  });

  it("use the old data folder when only that exists and nothing names another", async () => {
    await mkdir(join(home, ".airelay"));
    expect((await load()).config.paths.logsDir).toBe(join(home, ".airelay", "logs"));
    const env = { AIRELAYS_DATA_DIR: "~/.airelays" };
    expect((await load({ env })).config.paths.logsDir).toBe(join(home, ".airelays", "logs"));
  });

  it("are written the Windows way on Windows", async () => {
    const { config, path } = await load({
      platform: "win32",
      homeDirectory: "C:\\Users\\me",
      flags: { "data-dir": "~\\relay" },
    });
    expect([path, config.paths, config.security.bearerTokenFile]).toEqual([
      "C:\\Users\\me\\.config\\airelays\\config.toml",
      { dataDir: "C:\\Users\\me\\relay", logsDir: "C:\\Users\\me\\relay\\logs" },
      "C:\\Users\\me\\relay\\relay-token",
    ]);
  });
});
