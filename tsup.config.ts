import { readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { relative, resolve } from "node:path";
import { defineConfig, type Options } from "tsup";

/**
 * yargs and what it needs, in the bundle: its forty small files take a third of the time in which
 * `airelays status` starts. The TOML parser's thirteen take 7 ms, and picocolors 2: without it a start
 * loads nothing that is CommonJS. jsonc-parser and yaml because only `connect` loads them. Their
 * licences go along, in `dist/LICENSES.txt`.
 */
const bundled = [
  "@iarna/toml",
  "ansi-regex",
  "ansi-styles",
  "cliui",
  "emoji-regex",
  "escalade",
  "get-caller-file",
  "get-east-asian-width",
  "jsonc-parser",
  "picocolors",
  "string-width",
  "strip-ansi",
  "wrap-ansi",
  "y18n",
  "yaml",
  "yargs",
  "yargs-parser",
];

/**
 * yargs measures texts with string-width, which builds a table of all emoji when it is loaded: 20 ms of
 * each start. Plain ASCII, all that the help and the errors are written in, needs none of it, so it is
 * loaded with the first text that has more.
 */
const plainTextFirst: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "plain-text-first",
  setup(build) {
    const namespace = "plain-text-first";
    build.onResolve({ filter: /^string-width$/ }, ({ importer, kind }) =>
      kind === "import-statement"
        ? { path: relative(".", createRequire(importer).resolve("string-width")), namespace }
        : undefined,
    );
    build.onLoad({ filter: /./, namespace }, ({ path }) => ({
      contents: `
        let full;
        export default function stringWidth(text, options) {
          if (typeof text === "string" && /^[ -~]*$/.test(text)) return text.length;
          full ??= require(${JSON.stringify(resolve(path))}).default;
          return full(text, options);
        }`,
      resolveDir: ".",
    }));
  },
};

/** Of the TOML package only `parse`: its parser of streams asks for Node's in a way a bundle cannot answer. */
const tomlParser: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "toml-parser",
  setup(build) {
    const namespace = "toml-parser";
    build.onResolve({ filter: /^@iarna\/toml$/ }, ({ path }) => ({ path, namespace }));
    build.onLoad({ filter: /./, namespace }, () => ({
      contents: `export { default as parse } from "@iarna/toml/parse-string.js";`,
      resolveDir: ".",
    }));
  },
};

// One entry, split into a chunk per lazily imported command, so that `--version` loads no server.
// Other dependencies stay outside: package.json shows what is used.
export default defineConfig({
  entry: ["src/main.ts"],
  format: "esm",
  target: "node20",
  platform: "node",
  splitting: true,
  clean: true,
  sourcemap: false,
  dts: false,
  external: ["keytar"],
  noExternal: bundled,
  esbuildPlugins: [plainTextFirst, tomlParser],
  esbuildOptions(options) {
    // Its other build is CommonJS, which asks for Node's modules in a way that a bundle cannot answer.
    options.alias = { yaml: "./node_modules/yaml/browser/index.js" };
  },
  async onSuccess() {
    const texts = await Promise.all(bundled.map(licenseOf));
    await writeFile("dist/LICENSES.txt", texts.join(`\n${"-".repeat(72)}\n\n`));
  },
});

async function licenseOf(name: string): Promise<string> {
  const folder = `node_modules/${name}`;
  const { version } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
  const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) throw new Error(`${folder} has no licence text.`);
  return `${name} ${version}\n\n${(await readFile(`${folder}/${file}`, "utf8")).trim()}\n`;
}
