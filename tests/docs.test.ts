/** The documents: generated pages match their source, and nothing that they name is missing. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { contents } from "../docs/contents.ts";
import { pages } from "../docs/pages.ts";
import { commands, globalOptions } from "../src/cli/command-table.ts";
import { buildProgram } from "../src/cli/program.ts";
import { splitCommandLine } from "../src/cli/split-command-line.ts";
import { configPathNames, settings } from "../src/config/settings.ts";
import { startTestRelay } from "./helpers/test-relay.ts";

const root = join(import.meta.dirname, "..");

function read(path: string): string {
  return readFileSync(join(root, path), "utf8").replaceAll("\r\n", "\n");
}

const documents: readonly string[] = [
  ...readdirSync(root),
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map((path) =>
    join("docs", path),
  ),
].filter((path) => path.endsWith(".md"));

/** Relative targets of `[text](target)`; what stands in code is no link. */
function linksOf(text: string): string[] {
  const prose = withoutCode(text);
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

function withoutCode(text: string): string {
  return text.replaceAll(/^ *```.*?^ *```$/gms, "").replaceAll(/`[^`\n]*`/g, "code");
}

/** As GitHub makes them from headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );
}

/** The command lines in shell blocks and in inline code, without `airelays`, comments and other programs. */
function commandLinesOf(text: string): string[] {
  const blocks = [...text.matchAll(/^ *```(?:sh|console)\n(.*?)^ *```$/gms)].flatMap(
    ([, block = ""]) => block.split("\n").map((line) => line.replace(/^\$ /, "").trim()),
  );
  const inline = [...text.replaceAll(/^ *```.*?^ *```$/gms, "").matchAll(/`([^`\n]+)`/g)].map(
    ([, code = ""]) => code,
  );
  return [...blocks, ...inline]
    .filter((line) => line.startsWith("airelays "))
    .map((line) => line.slice("airelays ".length).replace(/\s+[#|].*$/, ""));
}

describe("the documents", () => {
  it.each(pages)("has $path as its source says", ({ path, render }) => {
    expect(read(path)).toBe(render());
  });

  it("are all in the contents, under their own titles", () => {
    const entries = contents.flatMap((section) => section.entries);
    const listed = [...entries.map(({ path }) => path), "docs/README.md"];
    expect([...listed].sort()).toEqual(documents.map((path) => path.replaceAll("\\", "/")).sort());
    for (const { path, title } of entries) {
      expect([path, /^# (.*)$/m.exec(read(path))?.[1]]).toEqual([path, title]);
    }
  });

  it("link to files and headings that exist", () => {
    const broken = documents.flatMap((path) =>
      linksOf(read(path))
        .filter((link) => {
          const [file = "", anchor] = link.split("#");
          const target = file === "" ? path : join(dirname(path), file);
          if (!existsSync(join(root, target))) return true;
          return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
        })
        .map((link) => `${path} -> ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it("give command lines that the program takes", async () => {
    const lines = documents.flatMap((path) =>
      commandLinesOf(read(path)).map((line) => ({ path, line })),
    );
    const refused: string[] = [];
    for (const { path, line } of lines) {
      const { own } = splitCommandLine(line.split(/\s+/), commands, globalOptions);
      await buildProgram(() => undefined)
        .parseAsync([...own], {}, () => undefined)
        .catch((error: unknown) => refused.push(`${path}: ${line}: ${String(error)}`));
    }
    expect(refused).toEqual([]);
    // All of them are read: a change of the form must not leave nothing to check.
    expect(new Set(lines.map(({ line }) => line.split(" ")[0]))).toEqual(
      new Set([...commands.map(({ name }) => name.split(" ")[0]), "--version"]),
    );
  });

  it("name environment variables that are read", () => {
    const known = new Set([...settings.flatMap(({ envNames }) => envNames), ...configPathNames]);
    const unknown = documents.flatMap((path) =>
      [...read(path).matchAll(/\b(?:AIRELAYS?|OPENAI_ENDPOINT)_[A-Z][A-Z_]*[A-Z]\b/g)]
        .map(([name]) => name)
        .filter((name) => !known.has(name))
        .map((name) => `${path}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it("name settings that exist", () => {
    const known = new Set(settings.map(({ tomlPath }) => tomlPath));
    const sections = [...new Set(settings.map(({ section }) => section))].join("|");
    // `auth.json` and `upstream.ts` are files.
    const names = new RegExp(`\`((?:${sections})\\.(?!json|ts)[a-z_]+)\``, "g");
    const unknown = documents
      .filter((path) => path !== "CONFIGURATION.md")
      .flatMap((path) =>
        [...read(path).matchAll(names)]
          .map(([, name = ""]) => name)
          .filter((name) => !known.has(name))
          .map((name) => `${path}: ${name}`),
      );
    expect(unknown).toEqual([]);
  });

  it("list the routes that the relay has, each once, and no other", async () => {
    const relay = await startTestRelay({ signedIn: false });
    try {
      const status: unknown = await (await relay.get("/v1/relay/status")).json();
      const table = read("docs/reference/http-api.md").split("## Headers of an answer")[0] ?? "";
      const rows = [...table.matchAll(/^\| `(?:GET|POST|DELETE) (\S+)`/gm)];
      const listed = rows.map(([, path = ""]) => path);
      expect(new Set(rows.map(([row]) => row)).size).toBe(rows.length);
      expect(status).toMatchObject({ supported_routes: expect.anything() });
      const { supported_routes } = status as { supported_routes: string[] };
      const twins = listed
        .filter((path) => /^\/(v1|api)\//.test(path))
        .map((path) => `/no-tools${path}`);
      expect([...new Set([...listed, ...twins])].sort()).toEqual([...supported_routes].sort());
    } finally {
      await relay.close();
    }
  });
});
