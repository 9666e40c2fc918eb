/**
 * An item of a turn as it is kept: word for word, beside the id under which it is listed. The two
 * are apart because an id that this relay made up means nothing to the upstream and is not sent.
 */

import type { Ids } from "../scope.ts";
import { isJsonObject, type JsonObject } from "./json.ts";

export interface StoredItem {
  readonly id: string;
  readonly item: JsonObject;
}

/** The prefixes of OpenAI's own ids. */
const prefixes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    message: "msg",
    reasoning: "rs",
    function_call: "fc",
    function_call_output: "fco",
    custom_tool_call: "ctc",
    custom_tool_call_output: "ctco",
    web_search_call: "ws",
    image_generation_call: "ig",
    compaction: "cmp",
  }),
);

/** The kind of an item; messages may leave it out. */
export function itemType(item: JsonObject): string {
  return typeof item["type"] === "string" ? item["type"] : "message";
}

/**
 * Items with the ids they came with, or fresh ones where they have none or one a second time; also
 * one that is used beside them, because pages of a list end and begin at an id.
 */
export function storeItems(
  items: readonly JsonObject[],
  ids: Ids,
  used: Set<string> = new Set(),
): StoredItem[] {
  return items.map((item) => {
    const own = item["id"];
    const isOwnFree = typeof own === "string" && own !== "" && own.length <= 128 && !used.has(own);
    const id = isOwnFree ? own : `${prefixes.get(itemType(item)) ?? "item"}_${ids.next()}`;
    used.add(id);
    return { id, item };
  });
}

function toStoredItem(value: unknown): StoredItem | undefined {
  if (!isJsonObject(value)) return undefined;
  const { id, item } = value;
  return typeof id === "string" && isJsonObject(item) ? { id, item } : undefined;
}

/** A list of kept items read back, or undefined when one of them is none. */
export function toStoredItems(value: unknown): readonly StoredItem[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.map(toStoredItem).filter((each) => each !== undefined);
  return items.length === value.length ? items : undefined;
}
