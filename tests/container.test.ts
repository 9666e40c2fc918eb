/**
 * The container without Docker: what its file says is read, and the relay is run with its variables
 * and looked at with its health check. The image itself is built in CI.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { settings } from "../src/config/settings.ts";
import { type BuiltCli, buildCli } from "./helpers/built-cli.ts";
import { bareEnv, follow } from "./helpers/running-child.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** The instructions, each on one line. */
const instructions = read("Dockerfile")
  .replaceAll(/\\\n\s*/g, "")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));
const last = (name: string): string =>
  instructions.findLast((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? "";
const env = Object.fromEntries(
  last("ENV")
    .split(" ")
    .map((pair) => pair.split("=")),
);
const healthCheck: string[] = JSON.parse(last("HEALTHCHECK").replace(/^.*CMD /, ""));

let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli?.remove());

it("runs as nobody special, and keeps everything in its volume", () => {
  expect([last("USER"), last("VOLUME"), last("WORKDIR"), env["HOME"]]).toEqual([
    "node",
    "/data",
    "/data",
    "/data",
  ]);
  expect(last("ENTRYPOINT")).toBe('["airelays"]');
});

it("runs no package's script while it is built, and copies no more than it needs", () => {
  const installs = instructions.join("\n").match(/npm (ci|install)[^&\n]*/g) ?? [];
  expect(installs.filter((line) => !line.includes("--ignore-scripts"))).toEqual([]);
  const copied = instructions
    .filter((line) => /^COPY (?!--from)/.test(line))
    .flatMap((line) => line.split(" ").slice(1, -1));
  expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  const allowed = read(".dockerignore").match(/(?<=^!).*/gm);
  expect(new Set(copied)).toEqual(new Set(allowed));
});

it("sets what is a setting, and no token", () => {
  const known = new Set(["NODE_ENV", "HOME", ...settings.flatMap(({ envNames }) => envNames)]);
  expect(Object.keys(env).filter((name) => !known.has(name))).toEqual([]);
  expect(env).not.toHaveProperty("AIRELAYS_BEARER_TOKEN");
});

it("is published on loopback only, with nothing that it may write or be but its volume", () => {
  const compose = read("compose.yaml");
  expect(
    compose
      .match(/ports:\n(?: +- .*\n)+/)?.[0]
      .trim()
      .split("\n")
      .slice(1),
  ).toEqual([`      - "127.0.0.1:${env["AIRELAYS_PORT"]}:${env["AIRELAYS_PORT"]}"`]);
  for (const line of ["read_only: true", "- ALL", "- no-new-privileges:true", "- data:/data"]) {
    expect(compose).toContain(line);
  }
});

it("serves without any set-up, and its health check says so and says otherwise", async () => {
  const home = await mkdtemp(join(tmpdir(), "airelays-container-"));
  onTestFinished(() => rm(home, { recursive: true }));
  const own = { ...env, HOME: home, AIRELAYS_HOST: "127.0.0.1", AIRELAYS_PORT: "0" };
  const relay = cli.start(["serve"], { home, env: own });
  const [, port = ""] = await relay.until(/Base URL: +http:\/\/127\.0\.0\.1:(\d+)\/v1\n/);

  const check = async (): Promise<number | null> => {
    const [, ...args] = healthCheck;
    const told = { ...bareEnv(home), ...own, AIRELAYS_PORT: port };
    const child = spawn(process.execPath, args, { env: told, stdio: ["ignore", "pipe", "pipe"] });
    return (await follow(child).done).code;
  };
  expect(await check()).toBe(0);
  relay.interrupt();
  const { code } = await relay.done;
  // Windows has no signals: there the process is ended.
  if (process.platform !== "win32") expect(code).toBe(0);
  expect(await check()).toBe(1);
});
