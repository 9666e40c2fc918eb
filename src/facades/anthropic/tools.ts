/** The tools and the tool choice of a request in the Responses API's words. */
import { asString, isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { Change } from "../facade.ts";
import {
  invalid,
  optionalArray,
  optionalBoolean,
  optionalObject,
  optionalObjects,
  optionalString,
  requiredString,
  shown,
  unsupported,
} from "../fields.ts";
import { clientTool } from "./client-tools.ts";

export interface ToolSettings {
  readonly tools?: readonly JsonObject[];
  readonly tool_choice?: unknown;
  readonly parallel_tool_calls?: boolean;
}

export function decodeTools(body: JsonObject, changes: Change[]): ToolSettings {
  const tools = (optionalObjects(body, "tools") ?? []).flatMap((tool, index) =>
    decodeTool(tool, `tools[${index}]`, changes),
  );
  const choice = optionalObject(body, "tool_choice");
  const isSerial =
    choice !== undefined &&
    optionalBoolean(
      choice,
      "disable_parallel_tool_use",
      "tool_choice.disable_parallel_tool_use",
    ) === true;
  return {
    ...(tools.length === 0 ? {} : { tools }),
    ...(choice === undefined ? {} : { tool_choice: decodeChoice(choice, tools) }),
    ...(isSerial ? { parallel_tool_calls: false } : {}),
  };
}

function decodeTool(tool: JsonObject, path: string, changes: Change[]): JsonObject[] {
  const type = optionalString(tool, "type", `${path}.type`) ?? "custom";
  if (type === "custom") return decodeFunction(tool, path, changes);
  if (/^web_search_\d+$/.test(type)) return [decodeSearch(tool, path, changes)];
  if (type.startsWith("tool_search_tool")) {
    const reason = "Every tool is shown to the model, so it has none to search for.";
    changes.push({ kind: "ignored", parameter: path, reason });
    return [];
  }
  const known = clientTool(type, tool, path);
  if (known !== undefined) return [known];
  throw unsupported(`${path}.type`, `${shown(type)} is no tool of the upstream.`);
}

function decodeFunction(tool: JsonObject, path: string, changes: Change[]): JsonObject[] {
  const name = requiredString(tool, "name", `${path}.name`);
  // Claude Code's stand-in for tools that it has not loaded.
  if (name === "DeferredToolPlaceholder" && tool["defer_loading"] === true) return [];
  const description = optionalString(tool, "description", `${path}.description`);
  if (optionalBoolean(tool, "strict", `${path}.strict`) === true) {
    const reason =
      "The upstream would ask for every optional property; the schema guides it as it is.";
    changes.push({ kind: "ignored", parameter: `${path}.strict`, reason });
  }
  const parameters = toSchema(optionalObject(tool, "input_schema", `${path}.input_schema`) ?? {});
  return [
    {
      type: "function",
      name,
      ...(description === undefined ? {} : { description }),
      parameters,
      strict: false,
    },
  ];
}

/** The upstream refuses a schema that is no object's, and one without properties. */
function toSchema({ $schema: _dialect, ...schema }: JsonObject): JsonObject {
  const type = schema["type"] ?? "object";
  const properties = schema["properties"] ?? {};
  return type === "object" ? { ...schema, type, properties } : schema;
}

function decodeSearch(tool: JsonObject, path: string, changes: Change[]): JsonObject {
  const allowed = optionalArray(tool, "allowed_domains", `${path}.allowed_domains`);
  const location = optionalObject(tool, "user_location", `${path}.user_location`);
  for (const key of ["blocked_domains", "max_uses"]) {
    if ((tool[key] ?? undefined) === undefined) continue;
    const reason = "The upstream's search cannot be limited in this way.";
    changes.push({ kind: "ignored", parameter: `${path}.${key}`, reason });
  }
  return {
    type: "web_search",
    ...(allowed === undefined || allowed.length === 0
      ? {}
      : { filters: { allowed_domains: allowed } }),
    ...(location === undefined ? {} : { user_location: location }),
  };
}

function decodeChoice(choice: JsonObject, tools: readonly JsonObject[]): unknown {
  switch (choice["type"]) {
    case "auto":
    case "none":
      return choice["type"];
    case "any":
      return "required";
    case "tool": {
      const name = requiredString(choice, "name", "tool_choice.name");
      const isFunction = tools.some((tool) => isJsonObject(tool) && tool["name"] === name);
      return !isFunction && asString(name) === "web_search"
        ? { type: "web_search" }
        : { type: "function", name };
    }
    default:
      throw invalid(
        "tool_choice.type",
        `must be \`auto\`, \`any\`, \`tool\` or \`none\`; it is ${shown(choice["type"])}.`,
      );
  }
}
