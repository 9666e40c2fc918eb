/** The workflows, as text: that what they may do stays little, and that what they run exists. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const folder = join(root, ".github", "workflows");
const workflows = readdirSync(folder).map((name) => [
  name,
  readFileSync(join(folder, name), "utf8"),
]);
const { engines, scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

describe.each(workflows)("%s", (name = "", text = "") => {
  it("T60 takes every action by its commit, and names its version beside it", () => {
    const actions = text.match(/uses: .*/g) ?? [];
    expect(actions.length).toBeGreaterThan(0);
    const pinned = /^uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;
    expect(actions.filter((line) => !pinned.test(line))).toEqual([]);
  });

  it("T60 may write nowhere, and keeps no credentials in the checkout", () => {
    expect(text).toMatch(/^permissions:( \{\}|\n {2}contents: read)\n/m);
    const rights = [...text.matchAll(/^ +([a-z-]+): write$/gm)].map(([, right]) => right);
    expect(rights).toEqual(name === "release.yml" ? ["id-token"] : []);
    expect(text.match(/persist-credentials: false/g)?.length).toBe(
      text.match(/actions\/checkout@/g)?.length,
    );
    expect(text).not.toMatch(/secrets\.|pull_request_target/);
  });

  it("T60 runs no script of a package that it installs", () => {
    const installs = text.match(/npm (ci|install|publish)\b.*/g) ?? [];
    expect(installs.filter((line) => !line.includes("--ignore-scripts"))).toEqual([]);
  });

  it("runs scripts that exist", () => {
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script = ""]) => script);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });
});

it("tests on the oldest Node that the package takes, and on three systems", () => {
  const [, text = ""] = workflows.find(([name]) => name === "ci.yml") ?? [];
  const [, oldest] = /(\d+)/.exec(engines.node) ?? [];
  expect(text).toContain(`node: [${oldest}, 22, 24]`);
  expect(text).toContain("os: [ubuntu-latest, macos-latest, windows-latest]");
});
