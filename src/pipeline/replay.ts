/**
 * Kept items as input of a new request: what has to change so that an upstream that keeps nothing
 * takes them back (upstream.md 4.10), and what a reference to one looks like.
 */
import type { JsonObject } from "../protocol/json.ts";
import type { InputItem } from "../protocol/request.ts";

/** The item to send, or undefined when it has no meaning without the server that made it. */
export function toReplayed(item: InputItem): InputItem | undefined {
  if (item["type"] === "reasoning") {
    // By its id alone the upstream answers 404; the sealed content is the thought itself.
    if (typeof item["encrypted_content"] !== "string" || item["encrypted_content"] === "") {
      return undefined;
    }
    const { id: _id, ...rest } = item;
    return rest;
  }
  // The upstream refuses system messages; developer messages mean the same.
  return item["role"] === "system" ? { ...item, role: "developer" } : item;
}

/** The id that an `item_reference` names; its `type` may be left out. */
export function referencedId(item: InputItem): string | undefined {
  const { type = null, id, role = null } = item as JsonObject;
  const isReference = type === "item_reference" || (type === null && role === null);
  return isReference && typeof id === "string" ? id : undefined;
}
