/**
 * Kept answers as files: one a turn, written whole. The folder itself is the index: the time of a
 * file is the time of its answer, so that a start opens none of them.
 */
import { rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject, parseJson } from "../protocol/json.ts";
import { toStoredItems } from "../protocol/stored-item.ts";
import type { Clock } from "../scope.ts";
import { readTextIfPresent, writePrivateFile } from "./atomic-file.ts";
import { listNames, removeUnfinished, setAside } from "./recovery.ts";
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

export function createDiskResponses(options: DiskResponsesOptions): ResponseStore {
  const { directory, limits, clock, onNotice } = options;
  const retention = createRetention(limits);
  const pathOf = (id: string): string => join(directory, `${id}.json`);
  const remove = (ids: readonly string[]): Promise<unknown> =>
    Promise.all(ids.map((id) => rm(pathOf(id), { force: true })));

  const load = async (): Promise<void> => {
    await removeUnfinished(directory);
    const names = (await listNames(directory)).flatMap((name) => {
      const [, id] = /^(resp_[\w-]+)\.json$/.exec(name) ?? [];
      return id ?? [];
    });
    const facts = await Promise.all(names.map(async (id) => ({ id, ...(await stat(pathOf(id))) })));
    const now = clock.now();
    for (const { id, size, mtimeMs } of facts.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      await remove(retention.add(id, size, mtimeMs, now));
    }
  };
  let loading: Promise<void> | undefined;
  const ready = async (): Promise<void> => {
    loading ??= load();
    try {
      await loading;
    } catch (error) {
      // A folder that could not be read may be readable the next time.
      loading = undefined;
      throw error;
    }
    await remove(retention.expire(clock.now()));
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
    const aside = await setAside(pathOf(id));
    await remove([id]);
    onNotice(`A stored answer cannot be read. It is no longer used, and kept as \`${aside}\`.`);
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
      await remove(retention.add(turn.id, bytes, now, now));
    },
    async delete(id) {
      await ready();
      const wasThere = retention.has(id);
      if (wasThere) await remove([id]);
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
