import { describe, expect, it } from "vitest";
import type { CommandSpec } from "../../../src/cli/command-spec.ts";
import { completionOf } from "../../../src/cli/completion/words.ts";

const spec = (name: string, more: Partial<CommandSpec> = {}): CommandSpec => ({
  name,
  summary: `About ${name}`,
  options: {},
  examples: [],
  load: () => Promise.reject(new Error("runs nothing")),
  ...more,
});

describe("what can be typed", () => {
  const { places, valueOptions } = completionOf({
    commands: [
      spec("serve", {
        options: {
          port: { requiresArg: true },
          ollama: { type: "string" },
          "bearer-token-file": { requiresArg: true },
          secretly: { hidden: true },
        },
      }),
      spec("token show"),
      spec("completion", { positionals: { shell: { choices: ["bash", "fish"] } } }),
      spec("config get", { positionals: { key: {} } }),
    ],
    groups: [
      { name: "token", summary: "Tokens" },
      { name: "config", summary: "Settings" },
    ],
    globalOptions: { "auth-storage": { requiresArg: true, describe: "Where" } },
  });
  const at = (path: string) => {
    const place = places.find((each) => each.path === path);
    return {
      words: place?.words.map(({ word }) => word),
      options: place?.options.map(({ word }) => word),
    };
  };

  it("is the commands first, then what belongs to each, without what is hidden", () => {
    expect([at(""), at("token"), at("serve"), at("completion").words]).toEqual([
      {
        words: ["serve", "completion", "token", "config"],
        options: ["--auth-storage", "--help", "--version"],
      },
      { words: ["show"], options: ["--auth-storage", "--help"] },
      {
        words: [],
        options: ["--port", "--ollama", "--bearer-token-file", "--auth-storage", "--help"],
      },
      ["bash", "fish"],
    ]);
  });

  it("is every setting of the file behind `config get`, and no secret", () => {
    expect(at("config get").words).toContain("server.port");
    expect(at("config get").words).not.toContain("security.bearer_token");
  });

  it("is a value where an option needs one: of a few, a file, or anything", () => {
    expect(valueOptions).toEqual([
      { option: "--auth-storage", values: ["auto", "keyring", "file"] },
      { option: "--port", values: "anything" },
      { option: "--bearer-token-file", values: "file" },
    ]);
  });
});
