/** The `input` of a Responses request, as clients write it. */
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { InputItem } from "../../protocol/request.ts";
import type { Change } from "../facade.ts";
import { asObject, invalid, optionalArray } from "../fields.ts";

export function decodeInput(body: JsonObject, changes: Change[]): InputItem[] {
  const { input } = body;
  if (typeof input === "string") {
    return [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }];
  }
  if (isJsonObject(input)) return [developerForSystem(input, 0, changes)];
  const items = optionalArray(body, "input");
  if (items === undefined) throw invalid("input", "is required: a string or an array of items.");
  return items.map((item, index) =>
    developerForSystem(asObject(item, `input[${index}]`), index, changes),
  );
}

/** The upstream answers 400 "System messages are not allowed"; developer messages mean the same. */
function developerForSystem(item: JsonObject, index: number, changes: Change[]): JsonObject {
  if (item["role"] !== "system") return item;
  changes.push({
    kind: "adapted",
    parameter: `input[${index}].role`,
    reason: "The upstream takes no system messages; it was sent as a developer message.",
  });
  return { ...item, role: "developer" };
}
