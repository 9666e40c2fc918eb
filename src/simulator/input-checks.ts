/** What the engine refuses in `input`: shapes of items and parts, calls and outputs without their pair. */
import { engineRefusal, type WholeAnswer } from "./exchange.ts";
import { entryOf, isObject, type JsonObject, stringAt } from "./json.ts";
import {
  type Check,
  checkEach,
  checkOneOf,
  checkString,
  invalidType,
  invalidValue,
  missing,
  tooLong,
} from "./refusals.ts";

/** The strings that an item of the type must have. */
const itemTypes: Readonly<Record<string, readonly string[]>> = {
  message: [],
  reasoning: [],
  function_call: ["call_id", "name", "arguments"],
  function_call_output: ["call_id"],
  custom_tool_call: ["call_id", "name", "input"],
  custom_tool_call_output: ["call_id"],
  tool_search_call: ["call_id"],
  tool_search_output: ["call_id"],
  local_shell_call: ["call_id"],
  web_search_call: [],
  image_generation_call: [],
  agent_message: ["author", "recipient"],
  additional_tools: ["role"],
  compaction: ["encrypted_content"],
  compaction_summary: ["encrypted_content"],
  compaction_trigger: [],
  context_compaction: [],
  configuration_update: [],
  item_reference: ["id"],
};

const idPrefixes: Readonly<Record<string, string>> = {
  message: "msg",
  reasoning: "rs",
  function_call: "fc",
  custom_tool_call: "ctc",
  custom_tool_call_output: "ctco",
};

/** Which output answers which call, and what the server calls the call. */
const pairs = [
  { call: "function_call", output: "function_call_output", name: "function call" },
  { call: "custom_tool_call", output: "custom_tool_call_output", name: "custom tool call" },
  { call: "tool_search_call", output: "tool_search_output", name: "tool search call" },
  { call: "local_shell_call", output: "function_call_output", name: "local shell call" },
] as const;

const userParts = ["input_text", "input_image", "input_file", "input_audio"];
const assistantParts = ["output_text", "refusal"];
const outputParts = [...userParts, "encrypted_content"];

/** The refusal of the input items, or undefined. */
export function checkInputItems(input: readonly unknown[]): Check {
  return checkEach(input, "input", checkItem) ?? checkPairs(input.filter(isObject));
}

function checkItem(item: JsonObject, path: string, index: number): Check {
  const type = itemType(item);
  if (type === undefined) return missing(`${path}.type`);
  const required = entryOf(itemTypes, type);
  if (required === undefined) return invalidValue(`${path}.type`, type, Object.keys(itemTypes));
  for (const key of required) {
    const wrong = checkString(item, key, path);
    if (wrong !== undefined) return wrong;
  }
  const wrongId = checkId(item, type, path);
  if (wrongId !== undefined) return wrongId;
  switch (type) {
    case "message":
      return checkMessage(item, path);
    case "reasoning":
      return checkReasoningItem(item, index);
    case "function_call_output":
    case "custom_tool_call_output":
      return checkContent(item["output"], `${path}.output`, outputParts);
    case "item_reference":
      return notPersisted(String(item["id"]));
    default:
      return undefined;
  }
}

function itemType(item: JsonObject): string | undefined {
  return stringAt(item, "type") ?? (item["role"] === undefined ? undefined : "message");
}

function checkId(item: JsonObject, type: string, path: string): Check {
  const { id } = item;
  if (id === undefined || id === null) return undefined;
  if (typeof id !== "string") return invalidType(`${path}.id`, "a string", id);
  if (id.length > 64) return tooLong(`${path}.id`, 64, id.length);
  const prefix = entryOf(idPrefixes, type);
  if (prefix === undefined || id.startsWith(prefix)) return undefined;
  return engineRefusal({
    message: `Invalid '${path}.id': '${id}'. Expected an ID that begins with '${prefix}'.`,
    param: `${path}.id`,
    code: "invalid_value",
  });
}

function checkMessage(item: JsonObject, path: string): Check {
  const roles = ["assistant", "developer", "user"];
  if (item["role"] === undefined || item["role"] === null) return missing(`${path}.role`);
  const wrong = checkOneOf(item["role"], `${path}.role`, roles);
  if (wrong !== undefined) return wrong;
  const parts = item["role"] === "assistant" ? assistantParts : userParts;
  return checkContent(item["content"], `${path}.content`, parts);
}

function checkContent(content: unknown, path: string, parts: readonly string[]): Check {
  if (content === undefined) return missing(path);
  if (typeof content === "string") return undefined;
  if (!Array.isArray(content)) return invalidType(path, "a string or an array", content);
  return checkEach(content, path, (part, partPath) => checkPart(part, partPath, parts));
}

function checkPart(part: JsonObject, path: string, supported: readonly string[]): Check {
  const { type } = part;
  if (type === undefined) return missing(`${path}.type`);
  if (typeof type !== "string" || !supported.includes(type)) {
    return invalidValue(`${path}.type`, type, supported);
  }
  switch (type) {
    case "input_text":
    case "output_text":
      return checkString(part, "text", path);
    case "refusal":
      return checkString(part, "refusal", path);
    case "input_image":
      return (
        checkString(part, "image_url", path) ??
        checkImageUrl(String(part["image_url"]), path) ??
        checkOneOf(part["detail"], `${path}.detail`, ["auto", "high", "low", "original"])
      );
    case "input_file": {
      const sources = ["file_data", "file_url", "file_id"];
      return sources.some((key) => typeof part[key] === "string")
        ? undefined
        : missing(`${path}.file_data`);
    }
    default:
      return undefined;
  }
}

function checkImageUrl(url: string, path: string): Check {
  if (/^(https?:\/\/|data:image\/[a-z0-9.+-]+;base64,)/i.test(url)) return undefined;
  return engineRefusal({
    message: `Invalid '${path}.image_url'. Expected a valid URL, but got a value with an invalid format.`,
    param: `${path}.image_url`,
    code: "invalid_value",
  });
}

function checkReasoningItem(item: JsonObject, index: number): Check {
  const param = `input[${index}].summary`;
  if (item["summary"] === undefined || item["summary"] === null) return missing(param);
  if (!Array.isArray(item["summary"])) return invalidType(param, "an array", item["summary"]);
  const wrong = checkEach(item["summary"], param, (part, path) => checkString(part, "text", path));
  if (wrong !== undefined) return wrong;
  const id = stringAt(item, "id");
  // The id alone points at something that was never stored; the sealed content makes it whole.
  return id !== undefined && !stringAt(item, "encrypted_content") ? notPersisted(id) : undefined;
}

function notPersisted(id: string): WholeAnswer {
  return engineRefusal(
    {
      message: `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
      param: "input",
    },
    404,
  );
}

function checkPairs(items: readonly JsonObject[]): Check {
  const idsOf = (type: string): Set<string> =>
    new Set(items.filter((item) => item["type"] === type).map((item) => String(item["call_id"])));
  for (const { call, output, name } of pairs) {
    const answered = idsOf(output);
    const open = [...idsOf(call)].find((id) => !answered.has(id));
    if (open !== undefined) {
      return engineRefusal({
        message: `No tool output found for ${name} ${open}.`,
        param: "input",
      });
    }
  }
  for (const { output, name } of pairs) {
    const callTypes = pairs.filter((pair) => pair.output === output).map((pair) => pair.call);
    const called = new Set(callTypes.flatMap((type) => [...idsOf(type)]));
    const stray = [...idsOf(output)].find((id) => !called.has(id));
    if (stray !== undefined) {
      return engineRefusal({
        message: `No tool call found for ${name} output with call_id ${stray}.`,
        param: "input",
      });
    }
  }
  return undefined;
}
