/** The rules that a schema must keep when `strict` is true: every object closed, every key required. */
import { isObject, type JsonObject, objectAt, objectsAt } from "./json.ts";

/** The first broken rule in the server's words, or undefined. */
export function checkStrictSchema(schema: JsonObject): string | undefined {
  if (schema["type"] !== "object") {
    const type = schema["type"] === undefined ? "None" : String(schema["type"]);
    return `schema must be a JSON Schema of 'type: "object"', got 'type: "${type}"'.`;
  }
  return checkNode(schema, [], 0);
}

/** Deeper than upstream allows (ten levels), and shallow enough for the stack. */
const maximumDepth = 100;

function checkNode(
  schema: JsonObject,
  context: readonly string[],
  depth: number,
): string | undefined {
  const at = `In context=(${context.map((part) => `'${part}'`).join(", ")}${context.length === 1 ? "," : ""})`;
  if (depth > maximumDepth) return `${at}, the schema is nested too deeply.`;
  if (schema["type"] === "object" || isObject(schema["properties"])) {
    const names = Object.keys(objectAt(schema, "properties"));
    if (schema["additionalProperties"] !== false) {
      return `${at}, 'additionalProperties' is required to be supplied and to be false.`;
    }
    // A set: with a list, a schema of many names would take their square.
    const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : []);
    const lacking = names.find((name) => !required.has(name));
    if (lacking !== undefined) {
      return `${at}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${lacking}'.`;
    }
  }
  for (const { key, value, path } of children(schema)) {
    const problem = checkNode(value, [...context, key, ...path], depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

interface Child {
  readonly key: string;
  readonly path: readonly string[];
  readonly value: JsonObject;
}

function* children(schema: JsonObject): Generator<Child> {
  for (const key of ["properties", "$defs", "definitions"]) {
    for (const [name, value] of Object.entries(objectAt(schema, key))) {
      if (isObject(value)) yield { key, path: [name], value };
    }
  }
  for (const [index, value] of objectsAt(schema, "anyOf").entries()) {
    yield { key: "anyOf", path: [String(index)], value };
  }
  const { items } = schema;
  if (isObject(items)) yield { key: "items", path: [], value: items };
}
