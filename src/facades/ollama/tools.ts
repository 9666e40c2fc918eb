/** Ollama's tools in the Responses API's words, and the model's calls in Ollama's. */
import { RelayError } from "../../errors.ts";
import type { FunctionCallItem } from "../../protocol/items.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../protocol/json.ts";
import {
  optionalObject,
  optionalObjects,
  optionalString,
  requiredString,
  shown,
  unsupported,
} from "../fields.ts";

export function decodeTools(body: JsonObject): JsonObject[] {
  return (optionalObjects(body, "tools") ?? []).map((tool, index) => {
    const path = `tools[${index}]`;
    const type = tool["type"] ?? "function";
    if (type !== "function") {
      throw unsupported(`${path}.type`, `must be \`function\`; it is ${shown(type)}.`);
    }
    const nested = optionalObject(tool, "function", `${path}.function`);
    const definition = nested ?? tool;
    const place = nested === undefined ? path : `${path}.function`;
    const description = optionalString(definition, "description", `${place}.description`);
    return {
      type: "function",
      name: requiredString(definition, "name", `${place}.name`),
      ...(description === undefined ? {} : { description }),
      parameters: optionalObject(definition, "parameters", `${place}.parameters`) ?? {
        type: "object",
        properties: {},
      },
      // The Responses API takes a missing `strict` for true.
      strict: false,
    };
  });
}

export interface ToolCall {
  readonly id: string;
  readonly function: {
    readonly index: number;
    readonly name: string;
    /** An object: clients drop a call whose arguments are a string. */
    readonly arguments: JsonObject;
  };
}

/** Throws when the arguments are no object: a tool must not run with others than the model's. */
export function toToolCall(item: FunctionCallItem, index: number): ToolCall {
  const parsed = item.arguments === "" ? {} : parseJson(item.arguments);
  if (!isJsonObject(parsed)) {
    throw new RelayError(
      "upstream_failed",
      `The model called \`${item.name.slice(0, 64)}\` with arguments that are no JSON object.`,
    );
  }
  return { id: item.call_id, function: { index, name: item.name, arguments: parsed } };
}
