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
}

export async function writeRunFile(dataDir: string, relay: RunningRelay): Promise<void> {
  await writePrivateFile(pathOf(dataDir, relay.instance), `${JSON.stringify(relay)}\n`);
}

export async function removeRunFile(dataDir: string, instance: string): Promise<void> {
  await rm(pathOf(dataDir, instance), { force: true });
}

/** Every relay that said it serves this folder, the newest first; some may have ended since. */
export async function readRunFiles(dataDir: string): Promise<readonly RunningRelay[]> {
  const names = (await listNames(join(dataDir, "run"))).filter((name) => name.endsWith(".json"));
  const texts = await Promise.all(
    names.map((name) => readTextIfPresent(join(dataDir, "run", name))),
  );
  return texts
    .flatMap((text) => decodeRunFile(parseJson(text ?? "")) ?? [])
    .sort((one, other) => other.startedAt - one.startedAt);
}

function pathOf(dataDir: string, instance: string): string {
  return join(dataDir, "run", `${instance}.json`);
}

/** Undefined for what no relay wrote: another version's file, or a damaged one. */
function decodeRunFile(value: unknown): RunningRelay | undefined {
  if (!isJsonObject(value)) return undefined;
  const { instance, pid, url, ollamaUrl, startedAt, version } = value;
  if (typeof instance !== "string" || !/^\w{1,64}$/.test(instance)) return undefined;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid < 2) return undefined;
  if (typeof url !== "string" || typeof startedAt !== "number" || typeof version !== "string") {
    return undefined;
  }
  const base = { instance, pid, url, startedAt, version };
  return typeof ollamaUrl === "string" ? { ...base, ollamaUrl } : base;
}
