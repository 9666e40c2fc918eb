/**
 * Memory for an upstream that has none: puts earlier turns, referenced items and files into a
 * request, and keeps the turn when it has been answered. Knows no dialect and no file format.
 */
import { RelayError, reasonOf } from "../errors.ts";
import type { ResponseSnapshot } from "../protocol/events.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { InputItem, ResponsesRequest, StateRequest } from "../protocol/request.ts";
import { type StoredItem, storeItems } from "../protocol/stored-item.ts";
import type { Ids } from "../scope.ts";
import type { ConversationStore } from "../storage/conversations.ts";
import type { FileStore } from "../storage/files.ts";
import type { ResponseStore, StoredTurn } from "../storage/responses.ts";
import { createFileParts, type FileParts, namesFiles } from "./file-parts.ts";
import { referencedId, toReplayed } from "./replay.ts";
import {
  bothAtOnce,
  notKeeping,
  unknownConversation,
  unknownItem,
  unknownResponse,
} from "./state-errors.ts";

export interface Hydrated {
  readonly request: ResponsesRequest;
  /** Fields of the `response` object that this relay answers for; after `remember` they are true. */
  echo(): JsonObject;
  /**
   * Called once, after a terminal success event, before the client is told that the answer is
   * complete. Never throws: reports through onNotice.
   */
  remember(response: ResponseSnapshot): Promise<void>;
}

export interface LocalState {
  /** Throws RelayError naming the parameter that cannot be resolved. */
  hydrate(request: ResponsesRequest, state: StateRequest, chain?: Chain): Promise<Hydrated>;
}

/** The turns that a connection remembers while it is open, whatever `store` says: looked into first. */
export interface Chain {
  /** What is remembered, for messages: half a sentence. */
  readonly terms: string;
  get(id: string): StoredTurn | undefined;
  put(turn: StoredTurn): void;
}

export interface LocalStateDeps {
  readonly files: Pick<FileStore, "find" | "read">;
  readonly conversations: Pick<ConversationStore, "read" | "append" | "findItems">;
  /** Undefined when `state.responses` is `off`. */
  readonly responses: Pick<ResponseStore, "terms" | "get" | "put" | "findItems"> | undefined;
  /** For the ids under which kept items are listed. */
  readonly ids: Ids;
  readonly onNotice: (text: string) => void;
}

/** What was said before this request. */
interface Context {
  readonly items: readonly StoredItem[];
  /** The parameter that asked for it, for errors. */
  readonly param: string;
}

interface OwnItem {
  /** Its place in the client's `input`. */
  readonly index: number;
  readonly item: InputItem;
  /** The item as it was kept, if the request only refers to it. */
  readonly kept?: StoredItem;
}

const noContext: Context = { items: [], param: "input" };

export function createLocalState(deps: LocalStateDeps): LocalState {
  const { files, conversations, responses, ids } = deps;

  const contextOfResponse = async (id: string, chain: Chain | undefined): Promise<Context> => {
    if (responses === undefined && chain === undefined) throw notKeeping("previous_response_id");
    const turn = chain?.get(id) ?? (await responses?.get(id));
    if (turn === undefined) throw unknownResponse(chain?.terms, responses?.terms);
    return { items: [...turn.input, ...turn.output], param: "previous_response_id" };
  };

  const contextOfConversation = async (id: string): Promise<Context> => {
    const conversation = await conversations.read(id);
    if (conversation === undefined) throw unknownConversation();
    return { items: conversation.items, param: "conversation" };
  };

  /** Own items with their references resolved; what the context has already is not said twice. */
  const resolve = async (
    input: readonly InputItem[],
    context: readonly StoredItem[],
  ): Promise<readonly OwnItem[]> => {
    const wanted = new Set(input.flatMap((item) => referencedId(item) ?? []));
    const known = new Set(context.map(({ id }) => id));
    const missing = new Set([...wanted].filter((id) => !known.has(id)));
    const found = new Map(await responses?.findItems(missing));
    if (found.size < missing.size) {
      for (const [id, kept] of await conversations.findItems(missing)) found.set(id, kept);
    }
    return input.flatMap((item, index): OwnItem[] => {
      const id = referencedId(item);
      if (id === undefined) return [{ index, item }];
      if (known.has(id)) return [];
      const kept = found.get(id);
      if (kept === undefined) throw unknownItem(index, responses?.terms);
      return [{ index, item: kept.item, kept }];
    });
  };

  const prepare = async (
    request: ResponsesRequest,
    context: Context,
    own: readonly OwnItem[],
  ): Promise<ResponsesRequest> => {
    const parts = createFileParts(files);
    const input: InputItem[] = [];
    for (const { item } of context.items) {
      const replayed = toReplayed(item);
      if (replayed === undefined) continue;
      const hasFiles = namesFiles(replayed);
      input.push(hasFiles ? await inlineKept(parts, replayed, context.param) : replayed);
    }
    for (const { index, item, kept } of own) {
      const sent = kept === undefined ? item : toReplayed(item);
      if (sent === undefined) continue;
      input.push(namesFiles(sent) ? await parts.inline(sent, `input[${index}]`) : sent);
    }
    const isUnchanged =
      input.length === request.input.length &&
      input.every((item, index) => item === request.input[index]);
    return isUnchanged ? request : { ...request, input };
  };

  /** Whether the turn is in the conversation now. A disk that is full fails no answer, and is told. */
  const joins = async (conversationId: string, items: readonly StoredItem[]): Promise<boolean> => {
    try {
      if ((await conversations.append(conversationId, items)) !== undefined) return true;
      deps.onNotice("A conversation was deleted while it was answered; the turn is not kept.");
    } catch (error) {
      deps.onNotice(`An answer could not be kept: ${reasonOf(error)}`);
    }
    return false;
  };

  const keep = async (
    { conversationId }: StateRequest,
    { echo, leave }: { readonly echo: () => JsonObject; readonly leave: () => void },
    context: Context,
    own: readonly OwnItem[],
    response: ResponseSnapshot,
    chain: Chain | undefined,
  ): Promise<void> => {
    const used = new Set(context.items.map(({ id }) => id));
    const named = storeItems(
      own.map(({ item }) => item),
      ids,
      used,
    );
    const input = named.map((each, place) => own[place]?.kept ?? each);
    const output = storeItems(response.output, ids, used);
    // It names the account, and is nothing that a client sees.
    const { safety_identifier: _account, ...rest } = response as unknown as JsonObject;
    const turn = (): StoredTurn => ({
      id: response.id,
      input: [...context.items, ...input],
      output,
      response: {
        ...rest,
        output: output.map(({ id, item }) => (item["id"] === id ? item : { ...item, id })),
        ...echo(),
      },
    });
    // First, because a disk that fails is no reason to forget what is in memory.
    chain?.put(turn());
    if (conversationId !== undefined && !(await joins(conversationId, [...input, ...output]))) {
      leave();
    }
    if (echo()["store"] === true) await responses?.put(turn());
  };

  return {
    async hydrate(request, state, chain) {
      if (state.store === true && responses === undefined) throw notKeeping("store");
      const { previousResponseId: earlier, conversationId } = state;
      if (earlier !== undefined && conversationId !== undefined) throw bothAtOnce();
      // A promise only where something has to be looked up: most requests need none of them.
      const context =
        earlier !== undefined
          ? await contextOfResponse(earlier, chain)
          : conversationId !== undefined
            ? await contextOfConversation(conversationId)
            : noContext;
      const hasReferences = request.input.some((item) => referencedId(item) !== undefined);
      const own: readonly OwnItem[] = hasReferences
        ? await resolve(request.input, context.items)
        : request.input.map((item, index) => ({ index, item }));
      let isStored = state.store !== false && responses !== undefined;
      const isKept = state.conversationId !== undefined || isStored || chain !== undefined;
      let isJoined = true;
      const echo = (): JsonObject => echoOf(state, isStored, isJoined);
      const leave = (): void => {
        isJoined = false;
      };
      const isPlain = context === noContext && !hasReferences && !request.input.some(namesFiles);
      const prepared = isPlain ? request : await prepare(request, context, own);
      return {
        request: prepared,
        echo,
        async remember(response) {
          if (!isKept) return;
          try {
            await keep(state, { echo, leave }, context, own, response, chain);
          } catch (error) {
            isStored = false;
            deps.onNotice(`An answer could not be kept: ${reasonOf(error)}`);
          }
        },
      };
    },
  };
}

/** What became of the request's wishes: a client must not believe that a lost turn is remembered. */
function echoOf(
  { previousResponseId, conversationId }: StateRequest,
  store: boolean,
  isJoined: boolean,
): JsonObject {
  return {
    store,
    previous_response_id: previousResponseId ?? null,
    ...(conversationId === undefined
      ? {}
      : { conversation: isJoined ? { id: conversationId } : null }),
  };
}

/** A file that an earlier turn names may be gone by now; the client cannot see which `input` that was. */
async function inlineKept(parts: FileParts, item: InputItem, param: string): Promise<InputItem> {
  try {
    return await parts.inline(item, "item");
  } catch (error) {
    if (!(error instanceof RelayError)) throw error;
    const message = `\`${param}\` holds an item that can no longer be sent: ${error.message}`;
    throw new RelayError(error.code, message, { param, cause: error });
  }
}
