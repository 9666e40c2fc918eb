// Whether a tag may be released: it, package.json, the lock and the newest entry of the changelog name
// one version. (The program takes its own from package.json.)
//
//   node .ci/release-check.mjs v1.2.3
import { readFileSync } from "node:fs";

const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const json = (path) => JSON.parse(read(path));

const tag = process.argv[2] ?? "";
const { version } = json("package.json");
const said = {
  "the tag": tag.replace(/^v/, ""),
  "package-lock.json": json("package-lock.json").version,
  "CHANGELOG.md": /^## (\d\S*)/m.exec(read("CHANGELOG.md"))?.[1],
};
const wrong = Object.entries(said).filter(([, each]) => each !== version);
for (const [where, each] of wrong) {
  console.error(`package.json has version ${version}; ${where} has ${each ?? "none"}.`);
}
process.exitCode = wrong.length === 0 ? 0 : 1;
