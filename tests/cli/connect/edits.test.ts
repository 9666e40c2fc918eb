import { describe, expect, it } from "vitest";
import {
  applyEdits,
  type Edit,
  UneditableText,
  undoEdits,
} from "../../../src/cli/connect/edits.ts";
import type { TextFormat } from "../../../src/cli/connect/formats/format.ts";
import { jsonc } from "../../../src/cli/connect/formats/jsonc.ts";
import { toml } from "../../../src/cli/connect/formats/toml.ts";
import { yaml } from "../../../src/cli/connect/formats/yaml.ts";

const edits: readonly Edit[] = [
  { path: ["model"], value: "gpt-5.5" },
  { path: ["version"], value: "1", ifAbsent: true },
  { path: ["providers", "airelays"], value: { name: "airelays", on: true } },
];

const files: readonly (readonly [TextFormat, string])[] = [
  [toml, '# mine\nmodel = "o3"\n\n[providers.other]\nname = "x"\n'],
  [jsonc, '{\n  // mine\n  "model": "o3",\n  "providers": { "other": { "name": "x" } }\n}\n'],
];

describe.each(files)("$name", (format, text) => {
  it("changes what is asked for, and says so only of that", () => {
    const { text: changed, made } = applyEdits(format, text, edits);
    expect(format.parse(changed)).toMatchObject({
      model: "gpt-5.5",
      version: "1",
      providers: { other: { name: "x" }, airelays: { name: "airelays", on: true } },
    });
    expect(made.map(({ path }) => path)).toEqual(edits.map(({ path }) => path));
    expect(changed).toContain("mine");
    expect(JSON.stringify(made)).not.toContain("gpt-5.5");
  });

  it("comes back to the same values when the file was changed since", () => {
    const { text: changed, made } = applyEdits(format, text, edits);
    const since = format.set(changed, ["later"], "theirs");
    const undone = undoEdits(format, since, made, text);
    expect(format.parse(undone.text)).toEqual({
      ...(format.parse(text) as object),
      later: "theirs",
    });
    expect(undone).toMatchObject({ kept: [], isEmpty: false });
  });

  it("leaves what somebody changed of it, and names it", () => {
    const { text: changed, made } = applyEdits(format, text, edits);
    const since = format.set(changed, ["model"], "theirs");
    const undone = undoEdits(format, since, made, text);
    expect(undone.kept).toEqual([["model"]]);
    expect(format.parse(undone.text)).toMatchObject({ model: "theirs" });
    expect(undone.text).not.toContain("airelays");
  });

  it("leaves nothing in a file that held nothing else", () => {
    const { text: changed, made } = applyEdits(format, "", edits);
    const undone = undoEdits(format, changed, made, undefined);
    expect(undone).toMatchObject({ kept: [], isEmpty: true });
  });

  it("keeps a byte order mark and what is there already", () => {
    const marked = `\uFEFF${text}`;
    const once = applyEdits(format, marked, edits).text;
    expect(once.startsWith("\uFEFF")).toBe(true);
    expect(applyEdits(format, once, edits).text).toBe(once);
    const kept = applyEdits(format, format.set(text, ["version"], "2"), edits);
    expect(format.parse(kept.text)).toMatchObject({ version: "2" });
    expect(kept.made.map(({ path }) => path)).not.toContainEqual(["version"]);
  });
});

it("takes the list away that it made for its item", () => {
  const made = applyEdits(yaml, "name: x\n", [
    { path: ["models", { name: "a" }], value: { name: "a" } },
  ]);
  expect(undoEdits(yaml, `${made.text}y: 1\n`, made.made, "name: x\n").text).toBe(
    "name: x\ny: 1\n",
  );
});

it.each<[string, TextFormat, string, Edit]>([
  [
    "an inline table",
    toml,
    'providers = { other = { name = "x" } }\n',
    { path: ["providers", "airelays"], value: { name: "a" } },
  ],
  ["a value of several lines", toml, "model = '''\no3'''\n", { path: ["model"], value: "x" }],
  [
    "a list in one line",
    yaml,
    "models: [{name: b}]\n",
    { path: ["models", { name: "a" }], value: { name: "a" } },
  ],
  ["a text where a table belongs", jsonc, '{"env": "no"}', { path: ["env", "A"], value: "1" }],
])("refuses %s rather than guess", (_, format, text, edit) => {
  expect(() => applyEdits(format, text, [edit])).toThrow(UneditableText);
});
