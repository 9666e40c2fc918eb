/** What the engine refuses in `tools` and `tool_choice`, in classic and in lite form. */
import { engineRefusal } from "./exchange.ts";
import { isObject, type JsonObject, objectsAt, stringAt } from "./json.ts";
import {
  type Check,
  checkEach,
  checkName,
  checkString,
  invalidType,
  invalidValue,
  missing,
} from "./refusals.ts";
import { checkStrictSchema } from "./schema-checks.ts";

const classicTypes = [
  "function",
  "custom",
  "namespace",
  "web_search",
  "image_generation",
  "tool_search",
];
const liteTypes = ["function", "custom", "namespace", "tool_search"];
const choices = ["none", "auto", "required"];

/** A tool that the model can call, whichever way it was declared. */
export interface DeclaredTool {
  readonly type: "function" | "custom";
  readonly name: string;
  readonly namespace: string | undefined;
  readonly parameters: unknown;
}

/** The callable tools of the body: top level, inside namespaces, and in `additional_tools` items. */
export function declaredTools(body: JsonObject): readonly DeclaredTool[] {
  const additional = objectsAt(body, "input")
    .filter((item) => item["type"] === "additional_tools")
    .flatMap((item) => objectsAt(item, "tools"));
  return [...objectsAt(body, "tools"), ...additional].flatMap((tool) => callable(tool, undefined));
}

function callable(tool: JsonObject, namespace: string | undefined): readonly DeclaredTool[] {
  const { type, parameters } = tool;
  const name = stringAt(tool, "name") ?? "";
  if (type === "function" || type === "custom") return [{ type, name, namespace, parameters }];
  if (type !== "namespace") return [];
  // Clients put plain functions into a namespace called `functions`; calls to it come back plain.
  const inner = name === "functions" ? undefined : name;
  return objectsAt(tool, "tools").flatMap((nested) =>
    nested["type"] === "namespace" ? [] : callable(nested, inner),
  );
}

/** The refusal of the declared tools, or undefined. */
export function checkTools(body: JsonObject, { isLite }: { readonly isLite: boolean }): Check {
  const { tools } = body;
  if (tools !== undefined && tools !== null && !Array.isArray(tools)) {
    return invalidType("tools", "an array", tools);
  }
  const additional = objectsAt(body, "input").filter((item) => item["type"] === "additional_tools");
  const lists = [tools ?? [], ...additional.map((item) => item["tools"])];
  for (const list of lists) {
    if (!Array.isArray(list)) return invalidType("tools", "an array", list);
    const refusal = checkEach(list, "tools", (tool, path) => checkTool(tool, path, isLite));
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function checkTool(tool: JsonObject, path: string, isLite: boolean): Check {
  const type = stringAt(tool, "type");
  if (type === undefined) return missing(`${path}.type`);
  if (isLite && !isLiteTool(tool)) {
    return engineRefusal({
      message:
        "X-OpenAI-Internal-Codex-Responses-Lite only supports function tools, custom tools, and client-executed tool search.",
      param: "tools",
      code: "unsupported_value",
    });
  }
  switch (type) {
    case "function":
      return checkFunction(tool, path);
    case "custom":
      return checkName(tool, path);
    case "namespace": {
      const nested = tool["tools"];
      if (!Array.isArray(nested)) return missing(`${path}.tools`);
      return (
        checkString(tool, "name", path) ??
        checkEach(nested, `${path}.tools`, (inner, innerPath) =>
          checkTool(inner, innerPath, isLite),
        )
      );
    }
    default:
      return classicTypes.includes(type)
        ? undefined
        : invalidValue(`${path}.type`, type, classicTypes);
  }
}

function isLiteTool(tool: JsonObject): boolean {
  if (tool["type"] === "tool_search") return tool["execution"] === "client";
  return liteTypes.some((type) => type === tool["type"]);
}

function checkFunction(tool: JsonObject, path: string): Check {
  const wrong = checkName(tool, path);
  if (wrong !== undefined) return wrong;
  const { parameters, strict } = tool;
  if (strict !== undefined && strict !== null && typeof strict !== "boolean") {
    return invalidType(`${path}.strict`, "a boolean", strict);
  }
  if (parameters === undefined || parameters === null) return undefined;
  if (!isObject(parameters)) return invalidType(`${path}.parameters`, "an object", parameters);
  const refuse = (problem: string): Check =>
    engineRefusal({
      message: `Invalid schema for function '${String(tool["name"])}': ${problem}`,
      param: `${path}.parameters`,
      code: "invalid_function_parameters",
    });
  if (parameters["type"] !== "object") {
    const type = parameters["type"] === undefined ? "None" : String(parameters["type"]);
    return refuse(`schema must be a JSON Schema of 'type: "object"', got 'type: "${type}"'.`);
  }
  const problem = strict === true ? checkStrictSchema(parameters) : undefined;
  return problem === undefined ? undefined : refuse(problem);
}

/** The refusal of `tool_choice`, or undefined. */
export function checkToolChoice(body: JsonObject): Check {
  const choice = body["tool_choice"];
  if (choice === undefined || choice === null) return undefined;
  if (typeof choice === "string") {
    if (!choices.includes(choice)) return invalidValue("tool_choice", choice, choices);
    const needsTools = choice === "required" && !hasTools(body);
    return needsTools
      ? refuseChoice("Tool choice 'required' must be specified with 'tools' parameter.")
      : undefined;
  }
  if (!isObject(choice)) return invalidType("tool_choice", "a string or an object", choice);
  const type = stringAt(choice, "type");
  if (type === undefined) return missing("tool_choice.type");
  if (type !== "function" && type !== "custom") {
    const supported = ["function", "custom", "web_search", "image_generation", "allowed_tools"];
    return supported.includes(type) ? undefined : invalidValue("tool_choice.type", type, supported);
  }
  const wrong = checkString(choice, "name", "tool_choice");
  if (wrong !== undefined) return wrong;
  const isDeclared = declaredTools(body).some(
    (tool) => tool.type === type && tool.name === choice["name"],
  );
  if (isDeclared) return undefined;
  return refuseChoice(`Tool choice '${String(choice["name"])}' not found in 'tools' parameter.`);
}

function hasTools(body: JsonObject): boolean {
  return objectsAt(body, "tools").length > 0 || declaredTools(body).length > 0;
}

function refuseChoice(message: string): Check {
  return engineRefusal({ message, param: "tool_choice" });
}
