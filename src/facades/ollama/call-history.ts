/**
 * Which call a tool's result answers. The upstream wants an id on both; Ollama's older clients send
 * none, and name the tool at most. Ids are made up here where there are none, by the calls' order.
 */
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { InputItem } from "../../protocol/request.ts";
import {
  invalid,
  optionalObject,
  optionalObjects,
  optionalString,
  requiredString,
} from "../fields.ts";

export interface CallHistory {
  /** The calls of an assistant's message. */
  items(message: JsonObject, path: string): InputItem[];
  /** The id of the call that a tool's message answers. */
  answered(message: JsonObject, path: string): string;
}

interface OpenCall {
  readonly id: string;
  readonly name: string;
  readonly isOwnId: boolean;
}

export function createCallHistory(): CallHistory {
  const taken = new Set<string>();
  /** Calls that have no result yet, oldest first. */
  const open: OpenCall[] = [];
  let count = 0;

  const nextId = (): string => {
    let id: string;
    do {
      count += 1;
      id = `call_${count}`;
    } while (taken.has(id));
    return id;
  };

  const item = (call: JsonObject, path: string): InputItem => {
    const called = optionalObject(call, "function", `${path}.function`);
    if (called === undefined) throw invalid(`${path}.function`, "is required.");
    const name = requiredString(called, "name", `${path}.function.name`);
    const own = optionalString(call, "id", `${path}.id`) || undefined;
    const id = own ?? nextId();
    taken.add(id);
    open.push({ id, name, isOwnId: own !== undefined });
    const text = argumentsText(called["arguments"], `${path}.function.arguments`);
    return { type: "function_call", call_id: id, name, arguments: text };
  };

  return {
    items: (message, path) =>
      (optionalObjects(message, "tool_calls", `${path}.tool_calls`) ?? []).map((call, index) =>
        item(call, `${path}.tool_calls[${index}]`),
      ),
    answered(message, path) {
      const id = optionalString(message, "tool_call_id", `${path}.tool_call_id`) || undefined;
      const name =
        optionalString(message, "tool_name", `${path}.tool_name`) ||
        optionalString(message, "name", `${path}.name`);
      // A result with an id is no answer to another call that has one.
      const candidates = id === undefined ? open : open.filter((call) => !call.isOwnId);
      const found =
        open.find((call) => call.id === id) ??
        candidates.find((call) => call.name === name) ??
        candidates[0];
      if (found === undefined) return id ?? nextId();
      open.splice(open.indexOf(found), 1);
      return found.id;
    },
  };
}

/** An object here, a string upstream; some clients send OpenAI's string. */
function argumentsText(value: unknown, path: string): string {
  if (typeof value === "string") return value === "" ? "{}" : value;
  if (value !== undefined && value !== null && !isJsonObject(value)) {
    throw invalid(path, "must be an object.");
  }
  return JSON.stringify(value ?? {});
}
