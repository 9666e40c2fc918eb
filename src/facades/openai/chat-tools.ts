/** Chat completions' tools, tool choice and response format in the Responses API's words. */
import { asString, isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { Change } from "../facade.ts";
import {
  asObject,
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
import { completeFormat } from "../strict-schema.ts";
import { isAbsent } from "./carry.ts";

const noParameters = { type: "object", properties: {} };

/** Every tool that the body declares, in whichever of the forms: nested, flat, or legacy functions. */
export function decodeTools(body: JsonObject): JsonObject[] {
  const declared = (optionalArray(body, "tools") ?? []).map((value, index) => {
    const path = `tools[${index}]`;
    return decodeTool(asObject(value, path), path);
  });
  const functions = (optionalObjects(body, "functions") ?? []).map((definition, index) =>
    decodeFunction(definition, `functions[${index}]`),
  );
  const search = optionalObject(body, "web_search_options");
  return [
    ...declared,
    ...functions,
    ...(search === undefined ? [] : [decodeSearchOptions(search)]),
  ];
}

function decodeTool(tool: JsonObject, path: string): JsonObject {
  switch (tool["type"]) {
    case "function": {
      const nested = optionalObject(tool, "function", `${path}.function`);
      return decodeFunction(nested ?? tool, nested === undefined ? path : `${path}.function`);
    }
    case "custom": {
      const nested = optionalObject(tool, "custom", `${path}.custom`);
      return nested === undefined ? tool : decodeCustom(nested, `${path}.custom`);
    }
    case "web_search":
    case "web_search_preview":
    case "image_generation":
    case "namespace":
      return renameWebSearch(tool);
    default:
      throw unsupported(`${path}.type`, `${shown(tool["type"])} is no tool of the upstream.`);
  }
}

function decodeFunction(definition: JsonObject, path: string): JsonObject {
  const description = optionalString(definition, "description", `${path}.description`);
  const strict = optionalBoolean(definition, "strict", `${path}.strict`);
  return {
    type: "function",
    name: requiredString(definition, "name", `${path}.name`),
    ...(description === undefined ? {} : { description }),
    parameters: optionalObject(definition, "parameters", `${path}.parameters`) ?? noParameters,
    // The Responses API takes a missing `strict` for true; chat completions takes it for false.
    strict: strict ?? false,
  };
}

/** Chat nests a grammar once more than the Responses API does. */
function decodeCustom(definition: JsonObject, path: string): JsonObject {
  const description = optionalString(definition, "description", `${path}.description`);
  const format = optionalObject(definition, "format", `${path}.format`);
  const grammar = optionalObject(format ?? {}, "grammar", `${path}.format.grammar`);
  return {
    type: "custom",
    name: requiredString(definition, "name", `${path}.name`),
    ...(description === undefined ? {} : { description }),
    ...(format === undefined
      ? {}
      : { format: grammar === undefined ? format : { type: "grammar", ...grammar } }),
  };
}

/** A choice that names the search, by itself or among the tools that are allowed. */
export function renameWebSearchChoice(choice: unknown): unknown {
  if (!isJsonObject(choice)) return choice;
  const renamed = renameWebSearch(choice);
  const tools = renamed["tools"];
  if (!Array.isArray(tools)) return renamed;
  return {
    ...renamed,
    tools: tools.map((tool) => (isJsonObject(tool) ? renameWebSearch(tool) : tool)),
  };
}

/** The upstream knows the search under its final name only. */
export function renameWebSearch(tool: JsonObject): JsonObject {
  const isPreview = /^web_search_preview(_|$)/.test(asString(tool["type"]) ?? "");
  return isPreview ? { ...tool, type: "web_search" } : tool;
}

function decodeSearchOptions(options: JsonObject): JsonObject {
  const location = optionalObject(options, "user_location", "web_search_options.user_location");
  const approximate = optionalObject(
    location ?? {},
    "approximate",
    "web_search_options.user_location.approximate",
  );
  const size = optionalString(
    options,
    "search_context_size",
    "web_search_options.search_context_size",
  );
  return {
    type: "web_search",
    ...(size === undefined ? {} : { search_context_size: size }),
    ...(approximate === undefined
      ? {}
      : { user_location: { type: "approximate", ...approximate } }),
  };
}

/** `auto`, `none`, `required`, or the tool to call; undefined when not said. */
export function decodeToolChoice(body: JsonObject): unknown {
  const legacy = body["function_call"] ?? undefined;
  const choice = body["tool_choice"] ?? legacy;
  if (choice === undefined) return undefined;
  if (choice === "auto" || choice === "none" || choice === "required") return choice;
  if (typeof choice === "string") {
    throw invalid(
      "tool_choice",
      `must be \`auto\`, \`none\`, \`required\` or an object; it is \`${choice}\`.`,
    );
  }
  const chosen = asObject(choice, legacy === choice ? "function_call" : "tool_choice");
  switch (chosen["type"]) {
    case undefined:
    case "function":
      return namedChoice("function", chosen);
    case "custom":
      return namedChoice("custom", chosen);
    case "allowed_tools":
      return decodeAllowedTools(chosen);
    default:
      // A tool that the upstream runs itself: `{"type": "web_search"}`.
      return renameWebSearch(chosen);
  }
}

function namedChoice(type: "function" | "custom", chosen: JsonObject): JsonObject {
  const nested = optionalObject(chosen, type, `tool_choice.${type}`) ?? chosen;
  return { type, name: requiredString(nested, "name", `tool_choice.${type}.name`) };
}

function decodeAllowedTools(chosen: JsonObject): JsonObject {
  const path = "tool_choice.allowed_tools";
  const allowed = optionalObject(chosen, "allowed_tools", path) ?? chosen;
  const tools = optionalObjects(allowed, "tools", `${path}.tools`) ?? [];
  return {
    type: "allowed_tools",
    mode: optionalString(allowed, "mode", `${path}.mode`) ?? "auto",
    tools: tools.map((tool, index) => {
      const nested = optionalObject(tool, "function", `${path}.tools[${index}].function`);
      return nested === undefined
        ? renameWebSearch(tool)
        : { type: "function", name: nested["name"] };
    }),
  };
}

/** `response_format` as `text.format`; undefined for plain text. */
export function decodeResponseFormat(body: JsonObject, changes: Change[]): JsonObject | undefined {
  const format = optionalObject(body, "response_format");
  if (format === undefined || isAbsent(format)) return undefined;
  switch (format["type"]) {
    case "text":
      return undefined;
    case "json_schema": {
      const path = "response_format.json_schema";
      const given = optionalObject(format, "json_schema", path);
      if (given === undefined) throw invalid(path, "is required for the type `json_schema`.");
      requiredString(given, "name", `${path}.name`);
      if (optionalObject(given, "schema", `${path}.schema`) === undefined) {
        throw invalid(`${path}.schema`, "is required.");
      }
      return completeFormat({ type: "json_schema", ...given }, `${path}.schema`, changes);
    }
    case "json_object":
      throw unsupported(
        "response_format.type",
        "must be `json_schema` or `text`; the upstream has no plain `json_object` mode.",
      );
    default:
      throw invalid("response_format.type", "must be `text` or `json_schema`.");
  }
}
