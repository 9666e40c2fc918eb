/** The engine's sentences for a bad value, each in one place. A check returns one, or undefined. */
import { engineRefusal, type WholeAnswer } from "./exchange.ts";
import { isObject, type JsonObject } from "./json.ts";

export type Check = WholeAnswer | undefined;

export function missing(param: string): WholeAnswer {
  return engineRefusal({
    message: `Missing required parameter: '${param}'.`,
    param,
    code: "missing_required_parameter",
  });
}

export function invalidValue(
  param: string,
  value: unknown,
  supported: readonly string[],
): WholeAnswer {
  return engineRefusal({
    message: `Invalid value: '${String(value)}'. Supported values are: ${formatList(supported)}.`,
    param,
    code: "invalid_value",
  });
}

export function invalidType(param: string, expected: string, value: unknown): WholeAnswer {
  return engineRefusal({
    message: `Invalid type for '${param}': expected ${expected}, but got ${nameType(value)} instead.`,
    param,
    code: "invalid_type",
  });
}

export function tooLong(param: string, maximum: number, length: number): WholeAnswer {
  return engineRefusal({
    message: `Invalid '${param}': string too long. Expected a string with maximum length ${maximum}, but got a string with length ${length} instead.`,
    param,
    code: "string_above_max_length",
  });
}

function badPattern(param: string, pattern: string): WholeAnswer {
  return engineRefusal({
    message: `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '${pattern}'.`,
    param,
    code: "invalid_value",
  });
}

export function unknownParameter(param: string): WholeAnswer {
  return engineRefusal({
    message: `Unknown parameter: '${param}'.`,
    param,
    code: "unknown_parameter",
  });
}

export function unsupportedValue(
  param: string,
  options: {
    readonly value: string;
    readonly model: string;
    readonly supported: readonly string[];
  },
): WholeAnswer {
  const { value, model, supported } = options;
  return engineRefusal({
    message: `Unsupported value: '${value}' is not supported with the '${model}' model. Supported values are: ${formatList(supported)}.`,
    param,
    code: "unsupported_value",
  });
}

/** The field must be there and be a string. */
export function checkString(object: JsonObject, key: string, path: string): Check {
  const param = `${path}.${key}`;
  if (object[key] === undefined) return missing(param);
  return typeof object[key] === "string" ? undefined : invalidType(param, "a string", object[key]);
}

/** The field may be absent or null; else it must be one of the values. */
export function checkOneOf(value: unknown, param: string, supported: readonly string[]): Check {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string")
    return invalidType(param, `one of ${formatList(supported)}`, value);
  return supported.includes(value) ? undefined : invalidValue(param, value, supported);
}

/** A name that the model may call or fill: required, 64 characters of a small alphabet. */
export function checkName(object: JsonObject, path: string): Check {
  const wrong = checkString(object, "name", path);
  if (wrong !== undefined) return wrong;
  const name = String(object["name"]);
  const param = `${path}.name`;
  if (name.length > 64) return tooLong(param, 64, name.length);
  return /^[a-zA-Z0-9_-]+$/.test(name) ? undefined : badPattern(param, "^[a-zA-Z0-9_-]+$");
}

/** The first refusal among the items, in order; what is not an object is refused itself. */
export function checkEach(
  items: readonly unknown[],
  path: string,
  check: (item: JsonObject, path: string, index: number) => Check,
): Check {
  for (const [index, item] of items.entries()) {
    const itemPath = `${path}[${index}]`;
    const refusal = isObject(item)
      ? check(item, itemPath, index)
      : invalidType(itemPath, "an object", item);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function formatList(values: readonly string[]): string {
  const quoted = values.map((value) => `'${value}'`);
  const last = quoted.pop() ?? "";
  if (quoted.length === 0) return last;
  return `${quoted.join(", ")}${quoted.length > 1 ? "," : ""} and ${last}`;
}

function nameType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  switch (typeof value) {
    case "boolean":
      return "a boolean";
    case "number":
      return Number.isInteger(value) ? "an integer" : "a decimal";
    case "object":
      return "an object";
    default:
      return "a string";
  }
}
