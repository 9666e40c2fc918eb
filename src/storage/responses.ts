/**
 * Answers kept for `previous_response_id` and for `GET /v1/responses/{id}`, in memory or in a folder.
 * A turn is kept whole, what came before it included, so that none depends on an older one that may
 * be gone. Knows nothing of what a turn means.
 */
import { RelayError } from "../errors.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { StoredItem } from "../protocol/stored-item.ts";
import type { Clock } from "../scope.ts";
import { createRetention, type RetentionLimits } from "./retention.ts";

export interface StoredTurn {
  readonly id: string;
  /** Everything the model was given, oldest first. */
  readonly input: readonly StoredItem[];
  /** Everything it answered: the items of `response.output` by their ids. */
  readonly output: readonly StoredItem[];
  /** The `response` object as the client got it. */
  readonly response: JsonObject;
}

export interface ResponseStore {
  /** What is kept and for how long, for messages: half a sentence. */
  readonly terms: string;
  get(id: string): Promise<StoredTurn | undefined>;
  put(turn: StoredTurn): Promise<void>;
  /** Was there such an answer? */
  delete(id: string): Promise<boolean>;
  /** Items of kept turns by their ids, as far as there are any. */
  findItems(ids: ReadonlySet<string>): Promise<ReadonlyMap<string, StoredItem>>;
}

/** Upstream ids. Matched before any path is made of one. */
function isResponseId(id: string): boolean {
  return /^resp_[A-Za-z0-9_-]{1,120}$/.test(id);
}

export function createMemoryResponses(limits: RetentionLimits, clock: Clock): ResponseStore {
  const turns = new Map<string, StoredTurn>();
  const retention = createRetention(limits);
  const drop = (ids: readonly string[]): void => {
    for (const id of ids) turns.delete(id);
  };
  const current = (): Map<string, StoredTurn> => {
    drop(retention.expire(clock.now()));
    return turns;
  };
  return {
    terms: `${termsOf(limits)}, until the relay stops`,
    get: async (id) => current().get(id),
    async put(turn) {
      const bytes = Buffer.byteLength(formatTurn(turn));
      requireFit(turn.id, bytes, limits);
      const now = clock.now();
      turns.set(turn.id, turn);
      drop(retention.add(turn.id, bytes, now, now));
    },
    async delete(id) {
      const wasThere = current().delete(id);
      retention.remove(id);
      return wasThere;
    },
    async findItems(ids) {
      const kept = current();
      return collectItems(ids, retention.newestFirst(), async (id) => kept.get(id));
    },
  };
}

/** The turn as text. Its output is in the `response` already, and not written twice. */
export function formatTurn({ id, input, response }: StoredTurn): string {
  return JSON.stringify({ version: 1, id, input, response });
}

/** Throws when the turn alone is more than may be kept, or has an id that cannot be kept. */
export function requireFit(id: string, bytes: number, { maxBytes }: RetentionLimits): void {
  if (!isResponseId(id)) {
    throw new RelayError("storage_failed", "The upstream gave the answer an id that is none.");
  }
  if (bytes <= maxBytes) return;
  throw new RelayError(
    "storage_failed",
    `The turn has ${bytes} bytes, and \`state.max_bytes\` is ${maxBytes}.`,
  );
}

/** Looks through turns, newest first, and stops as soon as everything was found. */
export async function collectItems(
  wanted: ReadonlySet<string>,
  turnIds: readonly string[],
  read: (id: string) => Promise<StoredTurn | undefined>,
): Promise<ReadonlyMap<string, StoredItem>> {
  const found = new Map<string, StoredItem>();
  for (const turnId of turnIds) {
    if (found.size === wanted.size) break;
    const turn = await read(turnId);
    for (const stored of [...(turn?.output ?? []), ...(turn?.input ?? [])]) {
      if (wanted.has(stored.id) && !found.has(stored.id)) found.set(stored.id, stored);
    }
  }
  return found;
}

export function termsOf({ maxCount, maxAgeMs }: RetentionLimits): string {
  const hours = Math.round((maxAgeMs / 3_600_000) * 10) / 10;
  return `the last ${maxCount} answers are kept, for ${hours} hours`;
}
