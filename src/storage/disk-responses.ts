/**
 * Kept answers as files: one a turn, written whole. The folder itself is the index: the time of a
 * file is the time of its answer, so that a start opens none of them.
 */
import { rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf } from "../errors.ts";
import { isJsonObject, parseJson } from "../protocol/json.ts";
import { toStoredItems } from "../protocol/stored-item.ts";
import type { Clock } from "../scope.ts";
import { readTextIfPresent, writePrivateFile } from "./atomic-file.ts";
import { once } from "./once.ts";
import { listNames, removeUnfinished, takeOut, unfinishedWrite } from "./recovery.ts";
import {
  collectItems,
  formatTurn,
  type ResponseStore,
  requireFit,
  type StoredTurn,
  termsOf,
} from "./responses.ts";
import { createRetention, type RetentionLimits } from "./retention.ts";

export interface DiskResponsesOptions {
  readonly directory: string;
  readonly limits: RetentionLimits;
  readonly clock: Clock;
  readonly onNotice: (text: string) => void;
}

interface AnswerFacts {
  readonly id: string;
  readonly size: number;
  readonly mtimeMs: number;
}

export function createDiskResponses(options: DiskResponsesOptions): ResponseStore {
  const { directory, limits, clock, onNotice } = options;
  const retention = createRetention(limits);
  const pathOf = (id: string): string => join(directory, `${id}.json`);
  /** What was forgotten goes, if it can: an answer that is asked for or kept does not depend on it. */
  const clear = async (ids: readonly string[]): Promise<void> => {
    try {
      await Promise.all(ids.map((id) => rm(pathOf(id), { force: true })));
    } catch (error) {
      onNotice(`A stored answer that is no longer kept could not be removed: ${reasonOf(error)}`);
    }
  };

  const load = once(async (): Promise<void> => {
    await removeUnfinished(directory, unfinishedWrite, clock);
    const names = (await listNames(directory)).flatMap((name) => {
      const [, id] = /^(resp_[\w-]+)\.json$/.exec(name) ?? [];
      return id ?? [];
    });
    const facts = (await Promise.all(names.map(factsOf))).filter((each) => each !== undefined);
    const now = clock.now();
    for (const { id, size, mtimeMs } of facts.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      await clear(retention.add(id, size, mtimeMs, now));
    }
  });
  const factsOf = async (id: string): Promise<AnswerFacts | undefined> => {
    try {
      const { size, mtimeMs } = await stat(pathOf(id));
      return { id, size, mtimeMs };
    } catch (error) {
      // Another relay on this folder has just removed it.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  };
  const ready = async (): Promise<void> => {
    await load();
    await clear(retention.expire(clock.now()));
  };

  const read = async (id: string): Promise<StoredTurn | undefined> => {
    if (!retention.has(id)) return undefined;
    const text = await readTextIfPresent(pathOf(id));
    const turn = toTurn(id, text === undefined ? undefined : parseJson(text));
    if (turn !== undefined) return turn;
    // Of several that read it at once, one sets it aside.
    if (!retention.has(id)) return undefined;
    retention.remove(id);
    if (text === undefined) return undefined;
    await takeOut(pathOf(id), "A stored answer cannot be read.", onNotice);
    return undefined;
  };

  return {
    terms: termsOf(limits),
    async get(id) {
      await ready();
      return read(id);
    },
    async put(turn) {
      const text = formatTurn(turn);
      const bytes = Buffer.byteLength(text);
      requireFit(turn.id, bytes, limits);
      await ready();
      await writePrivateFile(pathOf(turn.id), text);
      const now = clock.now();
      await utimes(pathOf(turn.id), now / 1000, now / 1000);
      await clear(retention.add(turn.id, bytes, now, now));
    },
    async delete(id) {
      await ready();
      const wasThere = retention.has(id);
      if (wasThere) await rm(pathOf(id), { force: true });
      retention.remove(id);
      return wasThere;
    },
    async findItems(ids) {
      await ready();
      return collectItems(ids, retention.newestFirst(), read);
    },
  };
}

function toTurn(id: string, value: unknown): StoredTurn | undefined {
  if (!isJsonObject(value) || value["id"] !== id) return undefined;
  const input = toStoredItems(value["input"]);
  const { response } = value;
  if (input === undefined || !isJsonObject(response)) return undefined;
  const items = Array.isArray(response["output"]) ? response["output"].filter(isJsonObject) : [];
  const output = items.map((item) => ({ id: String(item["id"]), item }));
  return { id, input, output, response };
}
