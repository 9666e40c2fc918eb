/** Reads the bodies of the conversation routes: what is wrong is told by name before anything is kept. */
import { RelayError } from "../../errors.ts";
import { asBody, asObject, invalid, optionalArray, optionalObject } from "../../facades/fields.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { Metadata } from "../../storage/conversations.ts";

const maxItems = 20;
const roles: readonly unknown[] = ["user", "assistant", "system", "developer"];

/** `metadata` of a body: up to 16 texts. */
export function decodeMetadata(body: unknown): Metadata | undefined {
  const metadata = optionalObject(asBody(body), "metadata");
  if (metadata === undefined) return undefined;
  const entries = Object.entries(metadata);
  if (entries.length > 16) throw invalid("metadata", "must have at most 16 keys.");
  return Object.fromEntries(
    entries.map(([key, value]) => [checkedKey(key), checkedText(key, value)]),
  );
}

/** `items` of a body: up to 20 items that a request could have as `input`. */
export function decodeItems(body: unknown): readonly JsonObject[] | undefined {
  const items = optionalArray(asBody(body), "items");
  if (items === undefined) return undefined;
  if (items.length > maxItems) throw invalid("items", `must have at most ${maxItems} items.`);
  return items.map((item, index) =>
    checkedItem(asObject(item, `items[${index}]`), `items[${index}]`),
  );
}

function checkedKey(key: string): string {
  if (key.length <= 64) return key;
  throw invalid("metadata", "must have keys of at most 64 characters.");
}

function checkedText(key: string, value: unknown): string {
  if (typeof value === "string" && value.length <= 512) return value;
  throw invalid(`metadata.${key}`, "must be a string of at most 512 characters.");
}

function checkedItem(item: JsonObject, path: string): JsonObject {
  const type = item["type"] ?? (item["role"] === undefined ? undefined : "message");
  if (typeof type !== "string" || type === "") {
    throw invalid(`${path}.type`, "is required; only messages may leave it out.");
  }
  if (type === "item_reference") {
    throw new RelayError(
      "unsupported_parameter",
      `\`${path}\` must be the item itself; a reference to one cannot be added.`,
      { param: path },
    );
  }
  if (type === "message") checkMessage(item, path);
  return item;
}

function checkMessage({ role, content }: JsonObject, path: string): void {
  if (!roles.includes(role)) {
    throw invalid(`${path}.role`, "must be `user`, `assistant`, `system` or `developer`.");
  }
  if (typeof content === "string") return;
  if (!Array.isArray(content))
    throw invalid(`${path}.content`, "must be a string or an array of parts.");
  for (const [index, part] of content.entries()) {
    const { type } = asObject(part, `${path}.content[${index}]`);
    if (typeof type !== "string") throw invalid(`${path}.content[${index}].type`, "is required.");
  }
}
