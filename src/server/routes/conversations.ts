/** `/v1/conversations`: what was said, kept on this machine until it is deleted. */
import type { IncomingMessage } from "node:http";
import { RelayError } from "../../errors.ts";
import { invalid } from "../../facades/fields.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { type StoredItem, storeItems } from "../../protocol/stored-item.ts";
import type { Conversation, ConversationStore } from "../../storage/conversations.ts";
import type { ReadJsonBody } from "../body.ts";
import { toItemResource } from "../item-resource.ts";
import { pageOf } from "../pagination.ts";
import { json, type Route, type RouteRequest } from "../route.ts";
import { decodeItems, decodeMetadata } from "./conversation-body.ts";

export interface ConversationRouteDeps {
  readonly conversations: ConversationStore;
  readonly readBody: ReadJsonBody;
}

const rules = { defaultLimit: 20, maxLimit: 100 };

export function conversationRoutes({ conversations, readBody }: ConversationRouteDeps): Route[] {
  const read = async ({ params }: RouteRequest): Promise<Conversation> =>
    found(await conversations.read(params["id"] ?? ""));
  const bodyOf = async ({ exchange: { req, scope } }: RouteRequest): Promise<unknown> => {
    const { value, logged } = await readBody(req, scope.signal);
    scope.transit.record("inbound_body", { body: logged });
    return value;
  };
  const itemOf = ({ items }: Conversation, { params }: RouteRequest): StoredItem => {
    const item = items.find(({ id }) => id === params["itemId"]);
    if (item === undefined) throw itemNotFound();
    return item;
  };
  return [
    {
      method: "POST",
      path: "/v1/conversations",
      async handle(request) {
        const body = hasBody(request.exchange.req) ? await bodyOf(request) : {};
        const metadata = decodeMetadata(body) ?? {};
        const items = decodeItems(body) ?? [];
        return json(toResource(await conversations.create(metadata, items)));
      },
    },
    {
      method: "GET",
      path: "/v1/conversations/:id",
      handle: async (request) => json(toResource(await read(request))),
    },
    {
      method: "POST",
      path: "/v1/conversations/:id",
      async handle(request) {
        const metadata = decodeMetadata(await bodyOf(request));
        if (metadata === undefined) throw invalid("metadata", "is required.");
        const id = request.params["id"] ?? "";
        return json(toResource(found(await conversations.updateMetadata(id, metadata))));
      },
    },
    {
      method: "DELETE",
      path: "/v1/conversations/:id",
      async handle({ params }) {
        const id = params["id"] ?? "";
        if (!(await conversations.delete(id))) throw notFound();
        return json({ id, object: "conversation.deleted", deleted: true });
      },
    },
    {
      method: "GET",
      path: "/v1/conversations/:id/items",
      async handle(request) {
        const { items } = await read(request);
        return json(pageOf(items.map(toItemResource), request.query, rules));
      },
    },
    {
      method: "POST",
      path: "/v1/conversations/:id/items",
      async handle(request) {
        const items = decodeItems(await bodyOf(request));
        if (items === undefined || items.length === 0) {
          throw invalid("items", "is required: an array of items.");
        }
        const stored = storeItems(items, request.exchange.scope.ids);
        const added = found(await conversations.append(request.params["id"] ?? "", stored));
        return json(listOf(added.map(toItemResource)));
      },
    },
    {
      method: "GET",
      path: "/v1/conversations/:id/items/:itemId",
      handle: async (request) => json(toItemResource(itemOf(await read(request), request))),
    },
    {
      method: "DELETE",
      path: "/v1/conversations/:id/items/:itemId",
      async handle(request) {
        const { id } = await read(request);
        const left = await conversations.deleteItem(id, request.params["itemId"] ?? "");
        if (left === undefined) throw itemNotFound();
        return json(toResource(left));
      },
    },
  ];
}

function toResource({ id, createdAt, metadata }: Conversation): JsonObject {
  return { id, object: "conversation", created_at: createdAt, metadata };
}

function listOf(data: readonly (JsonObject & { readonly id: string })[]): JsonObject {
  const [first] = data;
  const last = data.at(-1);
  return { object: "list", data, first_id: first?.id, last_id: last?.id, has_more: false };
}

/** Creating an empty conversation needs no body, and then not its type either. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw notFound();
  return value;
}

function notFound(): RelayError {
  return new RelayError(
    "not_found",
    "There is no such conversation. Create one with POST /v1/conversations.",
    { param: "conversation_id" },
  );
}

function itemNotFound(): RelayError {
  return new RelayError("not_found", "There is no such item in this conversation.", {
    param: "item_id",
  });
}
