/**
 * What the relays that serve a data folder tell other commands of it: process and addresses, a small
 * file each. A file outlives a relay that was killed, so who reads one asks the address who is there.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject, parseJson } from "./protocol/json.ts";
import { readTextIfPresent, writePrivateFile } from "./storage/atomic-file.ts";
import { listNames } from "./storage/recovery.ts";

export interface RunningRelay {
  /** Also in its `/healthz`: another relay that got the same port, or the same process id, has another. */
  readonly instance: string;
  readonly pid: number;
  /** `http://127.0.0.1:8080`, without a path. */
  readonly url: string;
  /** Where it answers as Ollama besides. */
  readonly ollamaUrl?: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly version: string;
  /** The machine whose process number it is: a container has its own, on the same folder. */
  readonly hostName?: string;
  /** How long running answers may go on when it stops. */
  readonly drainSeconds?: number;
  readonly start?: Start;
}

/** Who looks after a relay: a person at a terminal, nobody, or the service manager of the system. */
export type Keeper = "terminal" | "background" | "service";

/** How it was started, so that `restart` can do the same. Holds names and paths, never a secret. */
export interface Start {
  readonly by: Keeper;
  /** Options of `serve` that start it at the same address. */
  readonly options: readonly string[];
  /** Where its relative paths begin. */
  readonly folder: string;
  /** Names of the variables that settings came from; the values are the environment's. */
  readonly environment: readonly string[];
}

export async function writeRunFile(dataDir: string, relay: RunningRelay): Promise<void> {
  await writePrivateFile(pathOf(dataDir, relay.instance), `${JSON.stringify(relay)}\n`);
}

export async function removeRunFile(dataDir: string, instance: string): Promise<void> {
  await rm(pathOf(dataDir, instance), { force: true });
}

/**
 * Every relay that said it serves this folder, the newest first; some may have ended since. A file that
 * this user may not read (a relay was once run by root) must not hide the others.
 */
export async function readRunFiles(dataDir: string): Promise<readonly RunningRelay[]> {
  const names = (await listNames(join(dataDir, "run"))).filter((name) => name.endsWith(".json"));
  const texts = await Promise.all(
    names.map((name) => readTextIfPresent(join(dataDir, "run", name)).catch(() => undefined)),
  );
  return texts
    .flatMap((text) => decodeRunFile(parseJson(text ?? "")) ?? [])
    .sort((one, other) => other.startedAt - one.startedAt);
}

export async function hasRunFile(dataDir: string, instance: string): Promise<boolean> {
  return (await readTextIfPresent(pathOf(dataDir, instance))) !== undefined;
}

function pathOf(dataDir: string, instance: string): string {
  return join(dataDir, "run", `${instance}.json`);
}

/** Undefined for what no relay wrote: another version's file, or a damaged one. */
function decodeRunFile(value: unknown): RunningRelay | undefined {
  if (!isJsonObject(value)) return undefined;
  const { instance, pid, url, ollamaUrl, startedAt, version, hostName, drainSeconds } = value;
  if (typeof instance !== "string" || !/^\w{1,64}$/.test(instance)) return undefined;
  // In a container it is process 1.
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid < 1) return undefined;
  if (typeof url !== "string" || typeof startedAt !== "number" || typeof version !== "string") {
    return undefined;
  }
  const start = decodeStart(value["start"]);
  return {
    instance,
    pid,
    url,
    startedAt,
    version,
    ...(typeof ollamaUrl === "string" && { ollamaUrl }),
    ...(typeof hostName === "string" && { hostName }),
    ...(typeof drainSeconds === "number" && { drainSeconds }),
    ...(start && { start }),
  };
}

function decodeStart(value: unknown): Start | undefined {
  if (!isJsonObject(value)) return undefined;
  const { by, options, folder, environment } = value;
  if (by !== "terminal" && by !== "background" && by !== "service") return undefined;
  if (!isTexts(options) || typeof folder !== "string" || !isTexts(environment)) return undefined;
  return { by, options, folder, environment };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
