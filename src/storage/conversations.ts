/**
 * Conversations: metadata and items, kept until they are deleted. One journal each, so that a turn is
 * added in one write however long the conversation is. Knows nothing of what the items mean.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject, type JsonObject } from "../protocol/json.ts";
import { type StoredItem, storeItems, toStoredItems } from "../protocol/stored-item.ts";
import type { Clock, Ids } from "../scope.ts";
import { readTextIfPresent } from "./atomic-file.ts";
import { appendToJournal, readJournal, writeJournal } from "./journal.ts";
import { once } from "./once.ts";
import { listNames, removeUnfinished, unfinishedWrite } from "./recovery.ts";

export type Metadata = Readonly<Record<string, string>>;

export interface Conversation {
  readonly id: string;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly metadata: Metadata;
  /** Oldest first. */
  readonly items: readonly StoredItem[];
}

export interface ConversationStore {
  create(metadata: Metadata, items: readonly JsonObject[]): Promise<Conversation>;
  read(id: string): Promise<Conversation | undefined>;
  /** Puts this metadata in the place of the old. */
  updateMetadata(id: string, metadata: Metadata): Promise<Conversation | undefined>;
  /** Adds a turn, all of it or nothing; gives the items as kept, or undefined without a conversation. */
  append(id: string, items: readonly StoredItem[]): Promise<readonly StoredItem[] | undefined>;
  /** The conversation without the item; undefined when there is no such conversation or item. */
  deleteItem(id: string, itemId: string): Promise<Conversation | undefined>;
  delete(id: string): Promise<boolean>;
  /** Items of all conversations by their ids, as far as there are any. */
  findItems(ids: ReadonlySet<string>): Promise<ReadonlyMap<string, StoredItem>>;
}

export interface ConversationStoreOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly onNotice: (text: string) => void;
}

const idPattern = /^conv_[0-9a-f]{32}$/;

export function createConversationStore(options: ConversationStoreOptions): ConversationStore {
  const { directory, clock, ids, onNotice } = options;
  const pathOf = (id: string): string => join(directory, `${id}.jsonl`);

  const read = async (id: string): Promise<Conversation | undefined> => {
    if (!idPattern.test(id)) return undefined;
    const records = await readJournal(pathOf(id), onNotice);
    return records === undefined ? undefined : fold(id, records);
  };

  // Changes to one conversation wait for one another: each reads before it writes.
  const running = new Map<string, Promise<unknown>>();
  const clean = once(() => removeUnfinished(directory, unfinishedWrite, clock));

  const inTurn = <T>(id: string, work: () => Promise<T>): Promise<T> => {
    const result = (running.get(id) ?? Promise.resolve()).then(work);
    const settled = result.catch(() => undefined);
    running.set(id, settled);
    void settled.then(() => {
      if (running.get(id) === settled) running.delete(id);
    });
    return result;
  };
  const change = <T>(
    id: string,
    work: (now: Conversation) => Promise<T | undefined>,
  ): Promise<T | undefined> =>
    inTurn(id, async () => {
      const conversation = await read(id);
      return conversation === undefined ? undefined : work(conversation);
    });

  return {
    read: (id) => inTurn(id, () => read(id)),
    async create(metadata, items) {
      await clean();
      const id = `conv_${ids.next()}`;
      const createdAt = Math.floor(clock.now() / 1000);
      const stored = storeItems(items, ids);
      await writeJournal(pathOf(id), [
        { version: 1, created_at: createdAt, metadata },
        ...(stored.length === 0 ? [] : [{ items: stored }]),
      ]);
      return { id, createdAt, metadata, items: stored };
    },
    updateMetadata: (id, metadata) =>
      change(id, async (conversation) => {
        await appendToJournal(pathOf(id), { metadata });
        return { ...conversation, metadata };
      }),
    append: (id, items) =>
      change(id, async (conversation) => {
        const taken = new Set(conversation.items.map((each) => each.id));
        const stored = items.map((each) =>
          taken.has(each.id) ? { ...each, id: `${each.id.split("_")[0]}_${ids.next()}` } : each,
        );
        await appendToJournal(pathOf(id), { items: stored });
        return stored;
      }),
    deleteItem: (id, itemId) =>
      change(id, async (conversation) => {
        const items = conversation.items.filter((each) => each.id !== itemId);
        if (items.length === conversation.items.length) return undefined;
        // Written anew, not noted as deleted: what somebody deletes is gone from the disk.
        await writeJournal(pathOf(id), [
          { version: 1, created_at: conversation.createdAt, metadata: conversation.metadata },
          { items },
        ]);
        return { ...conversation, items };
      }),
    async delete(id) {
      if (!idPattern.test(id)) return false;
      // Not read first: a damaged one can be deleted too.
      return inTurn(id, async () => {
        try {
          await rm(pathOf(id));
          return true;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
          throw error;
        }
      });
    },
    async findItems(wanted) {
      const found = new Map<string, StoredItem>();
      for (const name of await listNames(directory)) {
        if (found.size === wanted.size) break;
        const [id = "", extension] = name.split(".");
        if (!idPattern.test(id) || extension !== "jsonl") continue;
        // Looking for the text costs a fraction of reading it as JSON.
        const text = await readTextIfPresent(join(directory, name));
        if (![...wanted].some((itemId) => text?.includes(itemId))) continue;
        for (const stored of (await inTurn(id, () => read(id)))?.items ?? []) {
          if (wanted.has(stored.id) && !found.has(stored.id)) found.set(stored.id, stored);
        }
      }
      return found;
    },
  };
}

/** The conversation that its records tell; undefined when the first one is lost. */
function fold(id: string, records: readonly JsonObject[]): Conversation | undefined {
  const createdAt = records[0]?.["created_at"];
  if (typeof createdAt !== "number") return undefined;
  let metadata: Metadata = {};
  const items: StoredItem[] = [];
  for (const record of records) {
    if (isJsonObject(record["metadata"])) metadata = toMetadata(record["metadata"]);
    // One by one: a spread of a hundred thousand arguments overflows the stack.
    for (const item of toStoredItems(record["items"]) ?? []) items.push(item);
  }
  return { id, createdAt, metadata, items };
}

function toMetadata(value: JsonObject): Metadata {
  const texts = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts);
}
