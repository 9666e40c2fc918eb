/** Chat completions' tools, tool choice and response format in the Responses API's words. */
import type { JsonObject } from "../../protocol/json.ts";
import {
  asObject,
  invalid,
  optionalArray,
  optionalBoolean,
  optionalObject,
  optionalString,
  requiredString,
  unsupported,
} from "../fields.ts";

const noParameters = { type: "object", properties: {} };

/** Function tools, nested (`{function: {…}}`) or flat. */
export function decodeTools(body: JsonObject): JsonObject[] {
  return (optionalArray(body, "tools") ?? []).map((value, index) => {
    const path = `tools[${index}]`;
    const tool = asObject(value, path);
    if (tool["type"] !== "function") {
      throw unsupported(
        `${path}.type`,
        `must be \`function\`; other tools are taken on /v1/responses only.`,
      );
    }
    const nested = optionalObject(tool, "function", `${path}.function`);
    return decodeFunction(nested ?? tool, nested === undefined ? path : `${path}.function`);
  });
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

/** `auto`, `none`, `required`, or the function to call; undefined when not said. */
export function decodeToolChoice(body: JsonObject): unknown {
  const choice = body["tool_choice"] ?? undefined;
  if (choice === undefined) return undefined;
  if (choice === "auto" || choice === "none" || choice === "required") return choice;
  const chosen = asChoiceObject(choice);
  const nested = optionalObject(chosen, "function", "tool_choice.function") ?? chosen;
  return { type: "function", name: requiredString(nested, "name", "tool_choice.function.name") };
}

function asChoiceObject(choice: unknown): JsonObject {
  if (typeof choice === "string") {
    throw invalid(
      "tool_choice",
      `must be \`auto\`, \`none\`, \`required\` or an object; it is \`${choice}\`.`,
    );
  }
  const chosen = asObject(choice, "tool_choice");
  if (chosen["type"] !== "function") {
    throw unsupported("tool_choice.type", "must be `function`.");
  }
  return chosen;
}

/** `response_format` as `text.format`; undefined for plain text. */
export function decodeResponseFormat(body: JsonObject): JsonObject | undefined {
  const format = optionalObject(body, "response_format");
  if (format === undefined) return undefined;
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
      return { type: "json_schema", ...given };
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
