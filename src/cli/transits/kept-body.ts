/** What the log kept of a body: all of it, some of it, its size, or nothing. */
import { asNumber, isJsonObject } from "../../protocol/json.ts";
import type { StoredRecord } from "../../transit/stored-transit.ts";

export type KeptBody =
  | { readonly kept: "whole"; readonly value: unknown }
  /** Secrets, or files as data URLs, were replaced by what `redact.ts` writes. */
  | { readonly kept: "in part"; readonly value: unknown; readonly replaced: number }
  | { readonly kept: "its size"; readonly characters: number }
  | { readonly kept: "nothing" };

export function keptBody(record: StoredRecord | undefined): KeptBody {
  const value = record?.["body"];
  if (value === undefined || value === null) return { kept: "nothing" };
  if (isJsonObject(value) && value["kind"] === "omitted") {
    const characters = asNumber(value["characters"]);
    if (characters !== undefined) return { kept: "its size", characters };
  }
  const replaced = replacedIn(value);
  return replaced === 0 ? { kept: "whole", value } : { kept: "in part", value, replaced };
}

/** The body, where there is something to show of it. */
export function contentOf(body: KeptBody): unknown {
  return body.kept === "whole" || body.kept === "in part" ? body.value : undefined;
}

const replacement =
  /^\[redacted, \d+ characters, sha256 [0-9a-f]{8}\]$|^\[data:[^\]]*, \d+ characters\]$|\[secret\]/;

function replacedIn(value: unknown): number {
  if (typeof value === "string") return replacement.test(value) ? 1 : 0;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce<number>((sum, inner) => sum + replacedIn(inner), 0);
}
