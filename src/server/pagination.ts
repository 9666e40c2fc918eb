/**
 * OpenAI's cursor lists: `limit`, `order` and `after` of a query, and the page that they ask for.
 * Knows nothing of what is listed.
 */
import { RelayError } from "../errors.ts";
import type { JsonObject } from "../protocol/json.ts";

export interface PageRules {
  readonly defaultLimit: number;
  readonly maxLimit: number;
}

/** The page of a list that is given oldest first. Newest first unless the query asks otherwise. */
export function pageOf(
  oldestFirst: readonly (JsonObject & { readonly id: string })[],
  query: URLSearchParams,
  rules: PageRules,
): JsonObject {
  const limit = limitOf(query, rules);
  const order = query.get("order") ?? "desc";
  if (order !== "asc" && order !== "desc") throw invalid("order", "must be `asc` or `desc`.");
  const all = order === "asc" ? oldestFirst : [...oldestFirst].reverse();
  const start = startOf(all, query.get("after"));
  const data = all.slice(start, start + limit);
  return {
    object: "list",
    data,
    // The schema has strings here, for empty lists too.
    first_id: data[0]?.id ?? "",
    last_id: data.at(-1)?.id ?? "",
    has_more: start + limit < all.length,
  };
}

function limitOf(query: URLSearchParams, { defaultLimit, maxLimit }: PageRules): number {
  const text = query.get("limit");
  if (text === null) return defaultLimit;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= maxLimit) return limit;
  throw invalid("limit", `must be a whole number from 1 to ${maxLimit}.`);
}

function startOf(all: readonly { readonly id: string }[], after: string | null): number {
  if (after === null || after === "") return 0;
  const index = all.findIndex(({ id }) => id === after);
  if (index >= 0) return index + 1;
  throw invalid("after", "must be an id of this list; the one given is not in it.");
}

function invalid(param: string, problem: string): RelayError {
  return new RelayError("invalid_request", `\`${param}\` ${problem}`, { param });
}
