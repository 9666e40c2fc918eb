/** The `messages` of chat completions as `instructions` and input items. */
import type { JsonObject } from "../../protocol/json.ts";
import type { InputItem } from "../../protocol/request.ts";
import type { Change } from "../facade.ts";
import {
  asObject,
  invalid,
  optionalArray,
  optionalObject,
  optionalObjects,
  optionalString,
  requiredString,
  unsupported,
} from "../fields.ts";
import { assistantPart, contentParts, plainText, toolOutput, userPart } from "./chat-parts.ts";

export interface Conversation {
  /** The system and developer messages before the first other one, joined by a blank line. */
  readonly instructions: string | undefined;
  readonly input: readonly InputItem[];
  /** The message that each item was made of: `messages[2]`. */
  readonly places: readonly string[];
  readonly changes: readonly Change[];
}

export function decodeMessages(body: JsonObject): Conversation {
  const messages = optionalArray(body, "messages");
  if (messages === undefined || messages.length === 0) {
    throw invalid("messages", "is required: an array with at least one message.");
  }
  const instructions: string[] = [];
  const input: InputItem[] = [];
  const places: string[] = [];
  const history = createHistory();
  let hasNames = false;
  let hasAudio = false;
  messages.forEach((value, index) => {
    const path = `messages[${index}]`;
    const message = asObject(value, path);
    const role = requiredString(message, "role", `${path}.role`);
    hasAudio ||= (message["audio"] ?? undefined) !== undefined;
    hasNames ||= role !== "function" && typeof message["name"] === "string";
    if ((role === "system" || role === "developer") && input.length === 0) {
      instructions.push(plainText(message, path));
    } else {
      for (const item of history.toItems(role, message, path)) {
        input.push(item);
        places.push(path);
      }
    }
  });
  const text = instructions.filter((part) => part !== "").join("\n\n");
  return {
    instructions: text === "" ? undefined : text,
    input,
    places,
    changes: [
      ...(hasNames ? [ignored("name", "The upstream's messages have no names.")] : []),
      ...(hasAudio ? [ignored("audio", "The upstream takes no audio.")] : []),
    ],
  };
}

function ignored(field: string, reason: string): Change {
  return { kind: "ignored", parameter: `messages.${field}`, reason };
}

/** Reads messages in their order, because a result has to be told by the call before it. */
function createHistory() {
  /** Calls of custom tools; their results are items of another kind. */
  const customCalls = new Set<string>();
  /** The last call of a legacy function by its name; such a result names the function only. */
  const legacyCalls = new Map<string, string>();

  const toItems = (role: string, message: JsonObject, path: string): InputItem[] => {
    switch (role) {
      case "system":
      case "developer":
        // Later ones keep their place; the upstream refuses the role `system` there.
        return [messageItem("developer", [{ type: "input_text", text: plainText(message, path) }])];
      case "user":
        return nonEmpty("user", contentParts(message, path, userPart));
      case "assistant":
        return [
          ...nonEmpty("assistant", assistantContent(message, path)),
          ...toolCalls(message, path),
          ...legacyCall(message, path),
        ];
      case "tool": {
        const id = requiredString(message, "tool_call_id", `${path}.tool_call_id`);
        const type = customCalls.has(id) ? "custom_tool_call_output" : "function_call_output";
        return [{ type, call_id: id, output: toolOutput(message, path) }];
      }
      case "function": {
        const name = requiredString(message, "name", `${path}.name`);
        const id = legacyCalls.get(name);
        if (id === undefined) throw invalid(`${path}.name`, "names no function called before.");
        return [{ type: "function_call_output", call_id: id, output: toolOutput(message, path) }];
      }
      default:
        throw invalid(
          `${path}.role`,
          `must be system, developer, user, assistant, tool or function; it is \`${role}\`.`,
        );
    }
  };

  const toolCalls = (message: JsonObject, path: string): InputItem[] => {
    const calls = optionalObjects(message, "tool_calls", `${path}.tool_calls`) ?? [];
    return calls.map((call, index) => {
      const place = `${path}.tool_calls[${index}]`;
      const id = requiredString(call, "id", `${place}.id`);
      const custom = optionalObject(call, "custom", `${place}.custom`);
      if (custom !== undefined) {
        customCalls.add(id);
        return {
          type: "custom_tool_call",
          call_id: id,
          name: requiredString(custom, "name", `${place}.custom.name`),
          input: optionalString(custom, "input", `${place}.custom.input`) ?? "",
        };
      }
      const called = optionalObject(call, "function", `${place}.function`);
      if (called === undefined) {
        throw unsupported(`${place}.type`, "must be `function` or `custom`, with its object.");
      }
      return functionCall(id, called, `${place}.function`);
    });
  };

  const legacyCall = (message: JsonObject, path: string): InputItem[] => {
    const called = optionalObject(message, "function_call", `${path}.function_call`);
    if (called === undefined) return [];
    const id = `call_${path.replace(/\D/g, "")}`;
    const item = functionCall(id, called, `${path}.function_call`);
    legacyCalls.set(String(item["name"]), id);
    return [item];
  };

  return { toItems };
}

function functionCall(id: string, called: JsonObject, path: string): InputItem {
  return {
    type: "function_call",
    call_id: id,
    name: requiredString(called, "name", `${path}.name`),
    arguments: optionalString(called, "arguments", `${path}.arguments`) || "{}",
  };
}

function messageItem(role: string, content: readonly JsonObject[]): InputItem {
  return { type: "message", role, content };
}

function nonEmpty(role: string, content: readonly JsonObject[]): InputItem[] {
  return content.length === 0 ? [] : [messageItem(role, content)];
}

function assistantContent(message: JsonObject, path: string): JsonObject[] {
  const parts = contentParts(message, path, assistantPart);
  const refusal = optionalString(message, "refusal", `${path}.refusal`) ?? "";
  return refusal === "" ? parts : [...parts, { type: "refusal", refusal }];
}
