/** The layers of docs/concepts/architecture.md, checked on the import lines of every source file. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "src");

interface SourceFile {
  /** Relative to `src`, with slashes: `facades/openai/chat.ts`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const files: readonly SourceFile[] = readdirSync(root, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts"))
  .map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return { path, text, imports: importsOf(path, text) };
  });

/** Static and dynamic imports; those of our own files as paths below `src`. */
function importsOf(path: string, text: string): string[] {
  const found = [
    ...text.matchAll(/(?:^|\n)(?:import|export)\s[^;]*?from\s+"([^"]+)"/g),
    ...text.matchAll(/(?:^|\n)import\s+"([^"]+)"/g),
    ...text.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g),
  ].map(([, target = ""]) => target);
  return found.map((target) =>
    target.startsWith(".")
      ? relative(root, join(root, dirname(path), target)).replaceAll("\\", "/")
      : target,
  );
}

const core = [
  "abandonable.ts",
  "cancellation.ts",
  "errors.ts",
  "iso-time.ts",
  "live-secrets.ts",
  "network-fault.ts",
  "scope.ts",
];
const composition = [
  "relay.ts",
  "relay-limits.ts",
  "relay-token.ts",
  "local-state.ts",
  "run-files.ts",
  "sign-in.ts",
  "stop-request.ts",
  "upstream-connection.ts",
  "settings-summary.ts",
  "runtime.ts",
  "version.ts",
];
const everyLayerBelow = [
  ...core,
  "protocol/",
  "facades/",
  "config/",
  "storage/",
  "auth/",
  "access/",
  "transit/",
  "upstreams/",
  "pipeline/",
  "server/",
];

/** Who may import whom. A name that ends in a slash is a folder. The first matching row counts. */
const layers: readonly (readonly [who: string, mayImport: readonly string[]])[] = [
  ["cancellation.ts", []],
  ["abandonable.ts", ["cancellation.ts"]],
  ["errors.ts", ["cancellation.ts"]],
  ["ids.ts", ["scope.ts"]],
  ["iso-time.ts", []],
  ["network-fault.ts", ["errors.ts"]],
  ["live-secrets.ts", []],
  ["scope.ts", ["cancellation.ts"]],
  ["version.ts", ["../package.json"]],
  ["protocol/", [...core, "protocol/"]],
  ["facades/", ["errors.ts", "protocol/", "facades/"]],
  ["config/", [...core, "config/"]],
  ["storage/", [...core, "protocol/", "storage/"]],
  ["auth/", [...core, "auth/", "storage/"]],
  ["access/", [...core, "access/", "storage/"]],
  ["transit/", [...core, "transit/"]],
  ["upstreams/", [...core, "protocol/", "upstreams/"]],
  [
    "pipeline/",
    [...core, "protocol/", "facades/facade.ts", "upstreams/upstream.ts", "storage/", "pipeline/"],
  ],
  ["server/", everyLayerBelow.filter((layer) => layer !== "auth/" && layer !== "config/")],
  ["simulator/", ["scope.ts", "simulator/"]],
  ["runtime.ts", ["config/paths.ts", "live-secrets.ts", "scope.ts"]],
  ["cli/commands/demo.ts", [...everyLayerBelow, ...composition, "cli/", "simulator/server.ts"]],
  ["cli/", [...everyLayerBelow, ...composition, "cli/"]],
  ["main.ts", [...composition, "ids.ts", "live-secrets.ts", "cli/"]],
  ["", [...everyLayerBelow, ...composition]],
];

/** A package that one file (or a few) may import. Type-only users are listed too. */
const confined: Readonly<Record<string, readonly string[]>> = {
  "@iarna/toml": ["config/load.ts", "config/write.ts", "cli/connect/formats/toml.ts"],
  "eventsource-parser": ["protocol/sse.ts"],
  h3: ["server/app.ts"],
  "h3/node": ["server/app.ts"],
  "jsonc-parser": ["cli/connect/formats/jsonc.ts"],
  listhen: ["server/listen.ts"],
  open: ["cli/io.ts"],
  "openid-client": ["auth/oauth.ts"],
  ora: ["cli/io.ts"],
  picocolors: ["cli/io.ts"],
  "proper-lockfile": ["auth/refresh-lock.ts"],
  "rate-limiter-flexible": ["access/limits.ts"],
  "rate-limiter-flexible/lib/RateLimiterMemory.js": ["access/limits.ts"],
  "rotating-file-stream": ["transit/log.ts"],
  undici: ["upstreams/http.ts"],
  "@fastify/busboy": ["server/multipart.ts"],
  ws: [
    "server/websocket/port.ts",
    "simulator/socket-server.ts",
    "upstreams/chatgpt/socket/port.ts",
  ],
  yargs: ["cli/command-spec.ts", "cli/command-table.ts", "cli/program.ts", "cli/specs/setup.ts"],
  yaml: ["cli/connect/formats/yaml.ts"],
};

function matches(path: string, pattern: string): boolean {
  return pattern === "" || (pattern.endsWith("/") ? path.startsWith(pattern) : path === pattern);
}

function isOurs(target: string): boolean {
  return target.endsWith(".ts") || target === "../package.json";
}

/** Programs for people to copy are among its texts. */
const samples = ["cli/connect/tools/libraries.ts"];

describe("the source tree", () => {
  it("imports one way, from the upper layers to the lower ones", () => {
    const offences = files.flatMap(({ path, imports }) => {
      const [, mayImport] = layers.find(([who]) => matches(path, who)) ?? ["", []];
      return imports
        .filter(isOurs)
        .filter((target) => !mayImport.some((allowed) => matches(target, allowed)))
        .map((target) => `${path} -> ${target}`);
    });
    expect(offences).toEqual([]);
  });

  it("keeps each package in the one file that owns it", () => {
    const offences = files.flatMap(({ path, imports }) =>
      imports
        .filter((target) => !isOurs(target) && !target.startsWith("node:"))
        .filter((target) => !(confined[target] ?? []).includes(path))
        .map((target) => `${path} -> ${target}`),
    );
    expect(offences).toEqual([]);
  });

  it("uses no Node built-in in the protocol and the facades", () => {
    const offences = files
      .filter(({ path }) =>
        /^(protocol|facades)\/|^(abandonable|errors|live-secrets|network-fault|scope)\.ts$/.test(
          path,
        ),
      )
      .filter(({ imports }) => imports.some((target) => target.startsWith("node:")));
    expect(offences.map(({ path }) => path)).toEqual([]);
  });

  it.each([
    [/\bprocess\.(env|argv)\b/, ["main.ts", "cli/io.ts", ...samples]],
    [/\bDate\.now\(|\bMath\.random\(|\brandomUUID\(/, ["main.ts"]],
    [/\bconsole\./, samples],
  ])("says %s only where the process is met", (pattern, allowed) => {
    const places = files.filter(({ text }) => pattern.test(text)).map(({ path }) => path);
    expect(places.filter((path) => !(allowed as string[]).includes(path))).toEqual([]);
  });

  it("T53 runs no code that it did not bring, and starts programs for the keyring, what `run` is given, itself in the background, and service managers", () => {
    const offences = files.flatMap(({ path, text, imports }) => [
      ...(/\beval\(|\bnew Function\(|\bimport\((?!\s*")|\brequire\(/.test(text) ? [path] : []),
      ...imports.flatMap((target) =>
        /^(node:)?(vm|module|worker_threads|cluster|repl|inspector)$/.test(target) ? [path] : [],
      ),
    ]);
    // Their packages, by the path at which this one has them: the keyring's in a child process, the
    // decoder in a worker. What they run is a constant of the file.
    expect(new Set(offences)).toEqual(new Set(["auth/keyring-store.ts", "server/zstd-worker.ts"]));
    const starters = files.filter(({ imports }) => imports.includes("node:child_process"));
    expect(starters.map(({ path }) => path)).toEqual([
      "auth/earlier-entries.ts",
      "auth/keyring-store.ts",
      "cli/foreground.ts",
      "cli/programs.ts",
    ]);
  });

  it("has no file over 250 lines, and none named for nothing in particular", () => {
    const long = files.filter(({ text }) => text.split("\n").length > 251);
    const vague = files.filter(({ path }) =>
      /(^|\/)(utils?|helpers?|shared|common|misc)\.ts$/.test(path),
    );
    expect([...long, ...vague].map(({ path }) => path)).toEqual([]);
  });

  it("says at the top of every file what it owns", () => {
    const silent = files.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it("lets nothing but the demo command reach the stand-in", () => {
    const users = files.filter(
      ({ path, imports }) =>
        !path.startsWith("simulator/") && imports.some((target) => target.startsWith("simulator/")),
    );
    expect(users.map(({ path }) => path)).toEqual(["cli/commands/demo.ts"]);
  });
});
