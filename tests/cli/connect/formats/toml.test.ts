import { describe, expect, it } from "vitest";
import { toml } from "../../../../src/cli/connect/formats/toml.ts";

const file = `# my settings
model = "o3" # the old one
notify = [
  "say",
]

# looks
[tui]
theme = "dark"

[model_providers.other]
name = "x"
`;

describe("set", () => {
  it("changes the value of a key and nothing around it", () => {
    expect(toml.set(file, ["model"], "gpt-5.5")).toBe(file.replace('"o3"', '"gpt-5.5"'));
  });

  it("puts a new key before the first table and the comments that belong to it", () => {
    expect(toml.set(file, ["model_provider"], "airelays")).toBe(
      file.replace("]\n\n# looks", ']\nmodel_provider = "airelays"\n\n# looks'),
    );
    expect(toml.set("# only looks\n[tui]\na = 1\n", ["model"], "x")).toBe(
      'model = "x"\n\n# only looks\n[tui]\na = 1\n',
    );
    expect(toml.set("", ["model"], "x")).toBe('model = "x"\n');
    expect(toml.set("a = 1", ["model"], "x")).toBe('a = 1\nmodel = "x"\n');
  });

  it("puts a table at the end, and over an earlier one of its name", () => {
    const path = ["model_providers", "airelays"];
    const once = toml.set(file, path, { name: "airelays", supports_websockets: true });
    expect(once).toBe(
      `${file}\n[model_providers.airelays]\nname = "airelays"\nsupports_websockets = true\n`,
    );
    expect(toml.set(`${once}\n[after]\nb = 2\n`, path, { name: "new" })).toBe(
      `${file}\n[after]\nb = 2\n\n[model_providers.airelays]\nname = "new"\n`,
    );
  });

  it("keeps the line ends of Windows", () => {
    const crlf = file.replaceAll("\n", "\r\n");
    const changed = toml.set(toml.set(crlf, ["new"], 1), ["t"], { a: "b" });
    expect(changed.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    expect(toml.parse(changed)).toMatchObject({ new: 1, t: { a: "b" }, tui: { theme: "dark" } });
  });
});

describe("remove", () => {
  it("takes out a key, or a table with the tables below it", () => {
    expect(toml.remove(file, ["model"])).toBe(file.replace(/^model = .*\n/m, ""));
    expect(toml.remove(file, ["model_providers"])).toBe(
      file.replace('\n[model_providers.other]\nname = "x"\n', ""),
    );
  });

  it("undoes what set did", () => {
    const path = ["model_providers", "airelays"];
    expect(toml.remove(toml.set(file, path, { name: "a" }), path)).toBe(file);
    expect(toml.remove(toml.set(file, ["fresh"], "a"), ["fresh"])).toBe(file);
  });
});
