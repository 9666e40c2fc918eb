import { describe, expect, it } from "vitest";
import { yaml } from "../../../../src/cli/connect/formats/yaml.ts";

const file = `# mine
name: Local # really
models:
    # the first
    - name: GPT
      model: gpt-4o # old
    - name: Claude
      roles: [chat]
rules:
  - Be kind
`;
const ours = { name: "airelays", model: "gpt-5.5" };
const item = ["models", { name: "airelays" }] as const;

describe("a key", () => {
  it("is changed in its place, or comes at the end", () => {
    expect(yaml.set(file, ["name"], "x: y")).toBe(file.replace("Local", '"x: y"'));
    expect(yaml.set(file, ["model"], "openai/gpt-5.5")).toBe(`${file}model: openai/gpt-5.5\n`);
    expect(yaml.set("a:\nb: 1\n", ["a"], "x")).toBe("a: x\nb: 1\n");
    expect(yaml.set("a: 1", ["b"], "yes")).toBe("a: 1\nb: yes\n");
    expect(yaml.parse(yaml.set("", ["on"], "true"))).toEqual({ on: "true" });
    expect(yaml.set("# nothing yet\n", ["a"], 1)).toBe("# nothing yet\na: 1\n");
  });

  it("is taken out with its lines", () => {
    expect(yaml.remove(file, ["name"])).toBe(file.replace(/^name.*\n/m, ""));
    expect(yaml.remove(file, ["rules"])).toBe(file.replace(/^rules:\n.*\n/m, ""));
  });
});

describe("an item of a list", () => {
  it("comes after the last one, indented as they are", () => {
    expect(yaml.set(file, item, ours)).toBe(
      file.replace("[chat]\n", "[chat]\n    - name: airelays\n      model: gpt-5.5\n"),
    );
  });

  it("takes the place of an earlier one of its name, and goes again", () => {
    const once = yaml.set(file, item, ours);
    expect(yaml.set(once, item, { ...ours, model: "new" })).toBe(once.replace("gpt-5.5", "new"));
    expect(yaml.remove(once, item)).toBe(file);
  });

  it.each(["models: []\n", "models:\n", "", "name: x\n"])("begins the list of %j", (text) => {
    const once = yaml.set(text, item, ours);
    expect(yaml.parse(once)).toMatchObject({ models: [ours] });
    expect(yaml.parse(yaml.remove(once, item))).toMatchObject({ models: [] });
  });

  it.each([
    ["models: # none yet\n\nrules: []\n", "models: [] # none yet\n\nrules: []\n"],
    ["models: [] # none yet\n", "models: [] # none yet\n"],
    ["models:\n  # none yet\nx: 1\n", "models: []\n  # none yet\nx: 1\n"],
  ])("leaves a comment where it is, in %j", (text, after) => {
    const once = yaml.set(text, item, ours);
    expect(yaml.parse(once)).toMatchObject({ models: [ours] });
    expect(once.indexOf("# none yet")).toBeGreaterThan(0);
    expect(yaml.remove(once, item)).toBe(after);
  });

  it("stands at the top where the file is a list", () => {
    const list = "# all of them\n- model_id: a # one\n  x: 1\n";
    const path = [{ model_id: "airelays" }];
    const once = yaml.set(list, path, { model_id: "airelays" });
    expect(once).toBe(`${list}- model_id: airelays\n`);
    expect(yaml.remove(once, path)).toBe(list);
    expect(yaml.set("", path, { model_id: "airelays" })).toBe("- model_id: airelays\n");
  });

  it("keeps the line ends of Windows", () => {
    const crlf = file.replaceAll("\n", "\r\n");
    expect(yaml.set(crlf, item, ours)).toBe(yaml.set(file, item, ours).replaceAll("\n", "\r\n"));
  });
});

it("says what is wrong with a file that is no YAML", () => {
  expect(() => yaml.parse("a: [1\nb: 2\n")).toThrow(/line \d/);
});
