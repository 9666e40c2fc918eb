/**
 * The README and the guides, as somebody reads them: every command and every program in them is run,
 * page by page and in its order, against `airelays demo`. What cannot be run says why, in a comment
 * that a reader does not see. The dialects of the pages' other blocks have tests of their own.
 */
import { spawn } from "node:child_process";
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BuiltCli, buildCli } from "./helpers/built-cli.ts";
import { bareEnv, type Finished, follow, type RunningChild } from "./helpers/running-child.ts";
import { type Block, blocksOf, isOutput, stepsOf } from "./snippets/blocks.ts";

const root = join(import.meta.dirname, "..");
const guides = await readdir(join(root, "docs", "guides"));
const pages = [
  "README.md",
  "docs/getting-started.md",
  ...guides.filter((name) => name.endsWith(".md")).map((name) => `docs/guides/${name}`),
];
const runnable = ["sh", "console", "js", "ts", "python", "toml"];
const texts = await Promise.all(
  pages.map(async (path) => (await readFile(join(root, path), "utf8")).replaceAll("\r\n", "\n")),
);
const blocks = texts.map(blocksOf);

let cli: BuiltCli;
let demo: RunningChild;
let folder: string;
let url: string;
let env: Record<string, string>;

beforeAll(async () => {
  cli = await buildCli();
  folder = await mkdtemp(join(tmpdir(), "airelays-snippets-"));
  demo = cli.start(["demo", "--port", "0"], { home: folder });
  const found = async (pattern: RegExp): Promise<string> => (await demo.until(pattern))[1] ?? "";
  url = await found(/OPENAI_BASE_URL=(\S+)\/v1\n/);
  const token = await found(/OPENAI_API_KEY=(\S+)\n/);
  const standIn = await found(/Stand-in: +(\S+)\n/);
  const bin = join(folder, "bin");
  await mkdir(bin);
  await copyFile(join(root, "tests", "snippets", "airelays.mjs"), join(bin, "airelays"));
  await chmod(join(bin, "airelays"), 0o755);
  await writeFile(join(bin, "npx"), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
  const home = join(folder, "home");
  await mkdir(home);
  const bare = bareEnv(home);
  env = {
    ...bare,
    PATH: [bin, bare["PATH"]].join(delimiter),
    SNIPPETS_MAIN: join(cli.folder, "main.js"),
    SNIPPETS_ISSUER: standIn,
    AIRELAYS_ISSUER_BASE_URL: standIn,
    AIRELAYS_UPSTREAM_BASE_URL: `${standIn}/backend-api/codex`,
    // The demo is the relay of this reader, for what asks where it is.
    AIRELAYS_PORT: new URL(url).port,
    AIRELAYS_BEARER_TOKEN: token,
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: token,
    RELAY_TOKEN: token,
    SIMULATOR: standIn,
  };
}, 60_000);

afterAll(async () => {
  demo?.interrupt();
  await demo?.done;
  await cli?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** A page may switch faults of the stand-in on; the next page begins without. */
afterEach(async () => {
  const faults = ["refresh", "login", "device", "usage"].map((name) => [name, "none"]);
  await fetch(`${env["SIMULATOR"]}/simulator/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(Object.fromEntries(faults)),
  });
});

function run(
  command: string,
  argv: readonly string[],
  cwd: string,
  childEnv: Record<string, string>,
): Promise<Finished> {
  const stdio = ["ignore", "pipe", "pipe"] as const;
  return follow(spawn(command, argv, { cwd, env: childEnv, stdio: [...stdio] })).done;
}

/** A page speaks of the usual port and of a token that only its reader knows. */
function asHere(text: string): string {
  return text
    .replaceAll("http://127.0.0.1:8080", url)
    .replaceAll(/<relay token>|(?<=OPENAI_API_KEY=)…/g, env["RELAY_TOKEN"] ?? "");
}

function asThere(text: string): string {
  return text.replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, "http://127.0.0.1:8080");
}

/** A home of the page's own, and a folder to work in. */
async function placeFor(page: string): Promise<{ cwd: string; pageEnv: Record<string, string> }> {
  const home = await mkdtemp(join(folder, "home-"));
  await writeFile(join(home, "app.mjs"), "console.log(process.env.OPENAI_BASE_URL);\n");
  await writeFile(join(home, "report.pdf"), "%PDF-1.4\n%%EOF\n");
  expect(page).not.toBe("");
  return { cwd: home, pageEnv: { ...env, HOME: home } };
}

/** One shell for the page: what a block exports, the next one has. */
async function runShell(page: string, shell: readonly Block[]): Promise<void> {
  const { cwd, pageEnv } = await placeFor(page);
  // A login of its own: what one page renews or ends, another would miss.
  const ready = await run("bash", ["-ec", "airelays init && airelays login"], cwd, pageEnv);
  if (ready.code !== 0) throw new Error(`The sign-in failed:\n${ready.stdout}${ready.stderr}`);
  const steps = shell.flatMap(stepsOf);
  const script = steps.flatMap(({ line, command }) => [
    `printf '\\n@@${line}\\n'`,
    asHere(command),
    // `-e` does not stop at a command that fails before an `&&`.
    'code=$?; [ "$code" = 0 ] || exit "$code"',
  ]);
  const { stdout, code } = await run(
    "bash",
    ["-euc", `exec 2>&1\n${script.join("\n")}`],
    cwd,
    pageEnv,
  );
  const printed = new Map(
    stdout
      .split(/^@@/m)
      .slice(1)
      .map((part) => [Number.parseInt(part, 10), part.slice(part.indexOf("\n") + 1)]),
  );
  if (code !== 0) {
    const [line, said] = [...printed].at(-1) ?? [];
    throw new Error(`${page}:${line} ended with ${code}:\n${said}`);
  }
  for (const { line, output } of steps) {
    const said = asThere(printed.get(line) ?? "");
    if (isOutput(said, output)) continue;
    throw new Error(`${page}:${line} prints\n${said}\nand not\n${output}`);
  }
}

/** The page's programs are one: a later block uses what an earlier one made. */
async function runScripts(page: string, scripts: readonly Block[]): Promise<void> {
  const { pageEnv } = await placeFor(page);
  const file = join(cli.folder, `${page.replaceAll(/\W/g, "-")}.mjs`);
  await writeFile(file, scripts.map(({ text }) => asHere(text)).join("\n"));
  const { stdout, stderr, code } = await run(process.execPath, [file], dirname(file), pageEnv);
  if (code !== 0) throw new Error(`${page}, its programs ended with ${code}:\n${stderr}`);
  expect(stdout).toContain("stand-in");
}

async function python(page: string, scripts: readonly Block[]): Promise<string | undefined> {
  const { cwd, pageEnv } = await placeFor(page);
  const version = await run("python3", ["--version"], cwd, pageEnv).catch(() => undefined);
  if (version?.code !== 0) return "there is no python3";
  const text = scripts.map((each) => asHere(each.text)).join("\n");
  const whole = text.includes("OpenAI()")
    ? text
    : `from openai import OpenAI\nclient = OpenAI()\n${text}`;
  await writeFile(join(cwd, "page.py"), whole);
  const has = await run("python3", ["-c", "import openai"], cwd, pageEnv);
  // Without the package it is read, and not run.
  const argv = has.code === 0 ? ["page.py"] : ["-m", "py_compile", "page.py"];
  const { stderr, code } = await run("python3", argv, cwd, pageEnv);
  if (code !== 0) throw new Error(`${page}, its Python ended with ${code}:\n${stderr}`);
  return undefined;
}

async function readToml(page: string, files: readonly Block[]): Promise<void> {
  const { cwd, pageEnv } = await placeFor(page);
  for (const { text, line } of files) {
    const file = join(cwd, `line-${line}.toml`);
    await writeFile(file, text, { mode: 0o600 });
    const main = env["SNIPPETS_MAIN"] ?? "";
    const { stderr, code } = await run(
      process.execPath,
      [main, "status", "--config", file],
      cwd,
      pageEnv,
    );
    if (code !== 0) throw new Error(`${page}:${line} is no configuration:\n${stderr}`);
  }
}

describe.each(pages.map((page, at) => [page, blocks[at] ?? []] as const))("%s", (page, all) => {
  const toRun = (...languages: readonly string[]): Block[] =>
    all.filter(({ language, notRun }) => languages.includes(language) && notRun === undefined);
  const [shell, scripts] = [toRun("sh", "console"), toRun("js", "ts")];
  const [snakes, files] = [toRun("python"), toRun("toml")];

  if (shell.length > 0) {
    it.skipIf(process.platform === "win32")(
      "has commands that work, and that print what it shows",
      () => runShell(page, shell),
      60_000,
    );
  }
  if (scripts.length > 0) {
    it("has programs that work", () => runScripts(page, scripts), 60_000);
  }
  if (snakes.length > 0) {
    it("has Python that works", async ({ skip }) => {
      const reason = await python(page, snakes);
      if (reason !== undefined) skip(reason);
    });
  }
  if (files.length > 0) it("has settings that are read", () => readToml(page, files));
  // A suite without a test is an error.
  if (shell.length + scripts.length + snakes.length + files.length === 0) {
    it("says why nothing of it is run", () => {
      const silent = all.filter(({ language, notRun }) => runnable.includes(language) && !notRun);
      expect(silent).toEqual([]);
    });
  }
});

it("the documents say why a block is not run, only where one would be", () => {
  const marks = texts.map((text) => text.match(/<!-- not run: /g)?.length ?? 0);
  const marked = blocks.map(
    (all) => all.filter(({ language, notRun }) => notRun && runnable.includes(language)).length,
  );
  expect(marked).toEqual(marks);
  expect(blocks.flat().length).toBeGreaterThan(30);
});
