/**
 * Keeps the turns of one conversation together at the upstream, which is what makes its prompt cache
 * answer: a cache key and a session id that stay the same from turn to turn. What is made here is
 * made from the client's relay token too, so that two clients never share one; a cache key that a
 * client names itself is its own choice.
 */
import { hash } from "node:crypto";
import { asString } from "../../protocol/json.ts";
import type { ResponsesRequest } from "../../protocol/request.ts";
import type { ClientIdentity } from "../../scope.ts";

export interface Affinity {
  readonly cacheKey: string;
  readonly sessionId: string;
}

/** Enough of the first message to tell conversations apart; the whole may hold megabytes. */
const openingLength = 8_192;

export function affinityOf(request: ResponsesRequest, client: ClientIdentity): Affinity {
  const given = request["prompt_cache_key"];
  if (typeof given === "string" && given !== "") {
    return { cacheKey: given, sessionId: toId(client.token, "key", given) };
  }
  const id =
    client.session === undefined
      ? toId(client.token, "opening", ...openingOf(request))
      : toId(client.token, "session", client.session);
  return { cacheKey: id, sessionId: id };
}

/** What does not change while a conversation grows: instructions, tools and its first items. */
function openingOf({ instructions = "", tools = [], input }: ResponsesRequest): string[] {
  const names = tools.map(({ name, type }) => asString(name) ?? asString(type)).join(",");
  const firstUser = input.findIndex(({ role }) => role === "user");
  const opening = input.slice(0, firstUser + 1).map((item) => JSON.stringify(item));
  return [instructions.slice(0, openingLength), names, opening.join("").slice(0, openingLength)];
}

/** A UUID made of the hash: the form of the genuine session ids, and within their 64 characters. */
function toId(...parts: readonly (string | undefined)[]): string {
  let whole = "";
  for (const part of parts) whole += `${part?.length ?? -1}:${part ?? ""};`;
  const hex = hash("sha256", whole, "hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
