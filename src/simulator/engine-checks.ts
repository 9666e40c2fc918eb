/** What the engine refuses of a request outside of its input and its tools; calls those two. */
import { engineRefusal, gatewayRefusal } from "./exchange.ts";
import { checkInputItems } from "./input-checks.ts";
import { isObject, type JsonObject, objectAt } from "./json.ts";
import type { CatalogueModel } from "./models.ts";
import {
  type Check,
  checkName,
  checkOneOf,
  invalidType,
  invalidValue,
  missing,
  tooLong,
  unknownParameter,
  unsupportedValue,
} from "./refusals.ts";
import { checkStrictSchema } from "./schema-checks.ts";
import { checkToolChoice, checkTools } from "./tool-checks.ts";

const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

const includes = [
  "reasoning.encrypted_content",
  "file_search_call.results",
  "web_search_call.results",
  "web_search_call.action.sources",
  "message.input_image.image_url",
  "computer_call_output.output.image_url",
  "code_interpreter_call.outputs",
  "message.output_text.logprobs",
];

const lite = "X-OpenAI-Internal-Codex-Responses-Lite";

/** The engine's refusal of the body, or undefined when it would answer. */
export function checkEngine(
  body: JsonObject,
  options: { readonly model: CatalogueModel; readonly isLite: boolean },
): Check {
  const { input } = body;
  if (!Array.isArray(input)) return gatewayRefusal("Input must be a list");
  return (
    checkScalars(body) ??
    checkInputItems(input) ??
    checkTools(body, options) ??
    checkToolChoice(body) ??
    checkReasoning(body, options.model) ??
    checkText(body) ??
    checkInclude(body) ??
    (options.isLite ? checkLite(body) : undefined)
  );
}

function checkScalars(body: JsonObject): Check {
  const { instructions, parallel_tool_calls: parallel, prompt_cache_key: key } = body;
  if (instructions !== undefined && instructions !== null && typeof instructions !== "string") {
    return invalidType("instructions", "a string", instructions);
  }
  if (parallel !== undefined && parallel !== null && typeof parallel !== "boolean") {
    return invalidType("parallel_tool_calls", "a boolean", parallel);
  }
  if (body["prompt_cache_options"] !== undefined) {
    return engineRefusal({
      message: "prompt_cache_breakpoint is not supported on this model",
      param: "prompt_cache_options",
    });
  }
  if (key === undefined || key === null) return undefined;
  if (typeof key !== "string") return invalidType("prompt_cache_key", "a string", key);
  return key.length > 64 ? tooLong("prompt_cache_key", 64, key.length) : undefined;
}

function checkReasoning({ reasoning }: JsonObject, model: CatalogueModel): Check {
  if (reasoning === undefined || reasoning === null) return undefined;
  if (!isObject(reasoning)) return invalidType("reasoning", "an object", reasoning);
  const unknown = Object.keys(reasoning).find(
    (key) => !["effort", "summary", "context"].includes(key),
  );
  if (unknown !== undefined) return unknownParameter(`reasoning.${unknown}`);
  const wrong =
    checkOneOf(reasoning["effort"], "reasoning.effort", efforts) ??
    checkOneOf(reasoning["summary"], "reasoning.summary", ["auto", "concise", "detailed"]) ??
    checkOneOf(reasoning["context"], "reasoning.context", ["current_turn", "all_turns"]);
  if (wrong !== undefined) return wrong;
  const { effort } = reasoning;
  const supported = model.takesNoEffort ? ["none", ...model.efforts] : model.efforts;
  if (typeof effort !== "string" || supported.includes(effort)) return undefined;
  return unsupportedValue("reasoning.effort", {
    value: effort,
    model: model.slug,
    // `ultra` is a level of the clients' menus; the wire knows `max`.
    supported: supported.filter((one) => one !== "ultra"),
  });
}

function checkText(body: JsonObject): Check {
  const { text } = body;
  if (text === undefined || text === null) return undefined;
  if (!isObject(text)) return invalidType("text", "an object", text);
  const wrong = checkOneOf(text["verbosity"], "text.verbosity", ["low", "medium", "high"]);
  if (wrong !== undefined) return wrong;
  const { format } = text;
  if (format === undefined || format === null) return undefined;
  if (!isObject(format)) return invalidType("text.format", "an object", format);
  switch (format["type"]) {
    case "text":
      return undefined;
    case "json_object":
      return checkSaysJson(body);
    case "json_schema":
      return checkJsonSchema(format);
    case undefined:
      return missing("text.format.type");
    default:
      return invalidValue("text.format.type", format["type"], [
        "json_object",
        "json_schema",
        "text",
      ]);
  }
}

function checkJsonSchema(format: JsonObject): Check {
  const wrong = checkName(format, "text.format");
  if (wrong !== undefined) return wrong;
  const { schema } = format;
  if (schema === undefined) return missing("text.format.schema");
  if (!isObject(schema)) return invalidType("text.format.schema", "an object", schema);
  if (format["strict"] !== true) return undefined;
  const problem = checkStrictSchema(schema);
  if (problem === undefined) return undefined;
  return engineRefusal({
    message: `Invalid schema for response_format '${String(format["name"])}': ${problem}`,
    param: "text.format.schema",
    code: "invalid_json_schema",
  });
}

function checkSaysJson({ input }: JsonObject): Check {
  if (JSON.stringify(input).toLowerCase().includes("json")) return undefined;
  return engineRefusal({
    message:
      "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
    param: "input",
  });
}

function checkInclude({ include }: JsonObject): Check {
  if (include === undefined || include === null) return undefined;
  if (!Array.isArray(include)) return invalidType("include", "an array", include);
  for (const [index, value] of include.entries()) {
    if (!includes.some((known) => known === value)) {
      return invalidValue(`include[${index}]`, value, includes);
    }
  }
  return undefined;
}

function checkLite(body: JsonObject): Check {
  const refuse = (param: string, rule: string): Check =>
    engineRefusal({ message: `${lite} requires ${rule}.`, param, code: "unsupported_value" });
  if (body["parallel_tool_calls"] !== false) {
    return refuse("parallel_tool_calls", "`parallel_tool_calls` to be false");
  }
  if (objectAt(body, "reasoning")["context"] !== "all_turns") {
    return refuse("reasoning.context", "`reasoning.context` to be `all_turns`");
  }
  return undefined;
}
