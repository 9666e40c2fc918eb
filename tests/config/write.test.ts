import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "@iarna/toml";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { renderConfigToml, setConfigValue } from "../../src/config/write.ts";
import { makeTempFolder } from "../helpers/temp-folder.ts";

let home: string;
beforeEach(async () => {
  home = await makeTempFolder();
});

const load = (options: Partial<Parameters<typeof loadConfig>[0]> = {}) =>
  loadConfig({ env: {}, platform: "linux", homeDirectory: home, ...options });

describe("renderConfigToml", () => {
  it("writes every setting under its section, with what it means", async () => {
    const text = renderConfigToml((await load()).config);
    expect(text).toContain(
      '\n[server]\n# The address to listen on; `127.0.0.1` and `localhost` mean both loopback addresses. One that other machines can reach needs `server.allow_network`.\nhost = "127.0.0.1"\n',
    );
    expect(Object.keys(parse(text))).toEqual([
      "server",
      "paths",
      "auth",
      "upstream",
      "security",
      "uploads",
      "models",
      "chat",
      "ollama",
      "state",
      "logging",
    ]);
  });

  it("never writes the relay token", async () => {
    const token = "t".repeat(43);
    const { config } = await load({ env: { AIRELAYS_BEARER_TOKEN: token } });
    const text = renderConfigToml(config);
    expect(text).not.toContain(token);
    expect(text).not.toContain("\nbearer_token =");
  });

  it("gives a file that loads to the same settings, whatever is in a path", async () => {
    const path = join(home, "config.toml");
    // A path is neither blank nor does it hold a NUL; a leading `~` is another matter.
    const awkward = fc
      .oneof(
        fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
        fc.constantFrom(
          'C:\\Users\\"me"\\relay',
          "/tmp/a b#c",
          "/x\\u0041\r\n\t=[y]",
          "'''",
          '"""',
        ),
      )
      .filter((text) => text.trim() !== "" && !text.includes("\0") && !text.startsWith("~"));
    await fc.assert(
      fc.asyncProperty(awkward, awkward, async (logsDir, tokenFile) => {
        const env = { AIRELAYS_LOGS_DIR: logsDir, AIRELAYS_BEARER_TOKEN_FILE: tokenFile };
        const { config } = await load({ env });
        await writeFile(path, renderConfigToml(config));
        expect((await load({ configPath: path })).config).toEqual(config);
      }),
      { numRuns: 60 },
    );
  });
});

describe("setConfigValue", () => {
  const auth = "security.require_bearer_auth";

  it("changes one value and leaves comments, order and line ends alone", () => {
    const text =
      "# mine\r\n[server]\r\nport = 9000 # why\r\n[security]\r\n  require_bearer_auth = true  # keep\r\n";
    expect(setConfigValue(text, auth, false)).toBe(
      "# mine\r\n[server]\r\nport = 9000 # why\r\n[security]\r\n  require_bearer_auth = false  # keep\r\n",
    );
  });

  it("finds the line in a file of mixed line ends", () => {
    const text = "[server]\r\nport = 1\n[security]\nrequire_bearer_auth = true\n# end\r\n";
    expect(setConfigValue(text, auth, false)).toBe(text.replace("true", "false"));
  });

  it("adds the key to its section", () => {
    expect(setConfigValue("[security] # mine\nrate_limit_burst = 1\n", auth, false)).toBe(
      "[security] # mine\nrequire_bearer_auth = false\nrate_limit_burst = 1\n",
    );
  });

  it.each([
    ["", ""],
    ["[server]\nport = 1\n", "[server]\nport = 1\n\n"],
    ["[server]\nport = 1", "[server]\nport = 1\n\n"],
    ["\uFEFF# mine\r\n", "\uFEFF# mine\r\n\r\n"],
  ])("adds the section to %j", (text, before) => {
    const newline = text.includes("\r\n") ? "\r\n" : "\n";
    expect(setConfigValue(text, auth, false)).toBe(
      `${before}[security]${newline}require_bearer_auth = false${newline}`,
    );
  });

  it("finds a dotted key, and is not misled by a text that looks like one", () => {
    const text =
      'security.require_bearer_auth = true\n[server]\nhost = """\n[security]\nx = 1\n"""\n';
    expect(setConfigValue(text, auth, false)).toBe(text.replace("true", "false"));
  });

  it("writes a Windows path so that it reads back", () => {
    const edited = setConfigValue(
      "[paths]\ndata_dir = 'C:\\a#b' # x\n",
      "paths.data_dir",
      'D:\\"é"',
    );
    expect(edited.endsWith(" # x\n")).toBe(true);
    expect(parse(edited)).toEqual({ paths: { data_dir: 'D:\\"é"' } });
  });

  it.each([
    ["security = { require_bearer_auth = true }\n"],
    ["[security]\nrequire_bearer_auth = [\n  true,\n]\n"],
    ["[security\n"],
  ])("refuses to guess in %j", (text) => {
    expect(() => setConfigValue(text, auth, false)).toThrow(
      expect.objectContaining({
        code: "config_invalid",
        message: expect.stringContaining(
          "Set `security.require_bearer_auth = false` in it by hand",
        ),
      }),
    );
  });
});
