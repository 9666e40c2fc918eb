/**
 * Completes a strict JSON schema: the upstream takes one only if every object lists all its
 * properties as required and allows no others. What was optional becomes required and nullable, so
 * that the model can still leave it out by saying null. Schemas that are not strict stay as they are.
 */
import { isJsonObject, type JsonObject } from "../protocol/json.ts";
import type { Change } from "./facade.ts";
import { invalid } from "./fields.ts";

/** A `text.format` of the type `json_schema`, its schema completed when it is strict, which is told. */
export function completeFormat(format: JsonObject, path: string, changes: Change[]): JsonObject {
  if (format["type"] !== "json_schema" || format["strict"] !== true) return format;
  const { schema } = format;
  if (!isJsonObject(schema)) return format;
  const complete = completeSchema(schema, path);
  if (complete === schema) return format;
  changes.push({
    kind: "adapted",
    parameter: path,
    reason: "A strict schema lists every property as required; optional ones were made nullable.",
  });
  return { ...format, schema: complete };
}

const maps = ["properties", "patternProperties", "$defs", "definitions"];
const single = ["items", "contains", "additionalItems", "if", "then", "else", "not"];
const lists = ["anyOf", "allOf", "oneOf", "prefixItems"];

function completeSchema(schema: JsonObject, path: string): JsonObject {
  const changed: Record<string, unknown> = {};
  const put = (key: string, before: unknown, after: unknown): void => {
    if (before !== after) changed[key] = after;
  };
  for (const key of maps) {
    const before = schema[key];
    if (isJsonObject(before)) put(key, before, mapValues(before, `${path}.${key}`));
  }
  for (const key of single) {
    const before = schema[key];
    if (isJsonObject(before)) put(key, before, completeSchema(before, `${path}.${key}`));
  }
  for (const key of lists) {
    const before = schema[key];
    if (Array.isArray(before)) put(key, before, mapList(before, `${path}.${key}`));
  }
  if (schema["type"] === "object" || schema["properties"] !== undefined) {
    closeObject(schema, changed, path);
  }
  return Object.keys(changed).length === 0 ? schema : { ...schema, ...changed };
}

function mapValues(map: JsonObject, path: string): JsonObject {
  const entries = Object.entries(map).map(
    ([name, value]) =>
      [name, isJsonObject(value) ? completeSchema(value, `${path}.${name}`) : value] as const,
  );
  return entries.every(([name, value]) => map[name] === value) ? map : Object.fromEntries(entries);
}

function mapList(list: readonly unknown[], path: string): readonly unknown[] {
  const mapped = list.map((value, index) =>
    isJsonObject(value) ? completeSchema(value, `${path}[${index}]`) : value,
  );
  return mapped.every((value, index) => value === list[index]) ? list : mapped;
}

function closeObject(schema: JsonObject, changed: Record<string, unknown>, path: string): void {
  const { additionalProperties } = schema;
  if (additionalProperties === undefined) changed["additionalProperties"] = false;
  else if (additionalProperties !== false) {
    throw invalid(`${path}.additionalProperties`, "must be false in a strict schema.");
  }
  const properties = changed["properties"] ?? schema["properties"] ?? {};
  if (!isJsonObject(properties)) throw invalid(`${path}.properties`, "must be an object.");
  const required = schema["required"] ?? [];
  if (!Array.isArray(required) || required.some((name) => typeof name !== "string")) {
    throw invalid(`${path}.required`, "must be an array of strings.");
  }
  // Sets: lists would be searched for each name, which takes 20 s for 150,000 of them.
  const listed = new Set(required);
  const optional = new Set(Object.keys(properties).filter((name) => !listed.has(name)));
  if (schema["properties"] === undefined) changed["properties"] = {};
  if (optional.size === 0 && schema["required"] !== undefined) return;
  changed["required"] = [
    ...Object.keys(properties),
    ...required.filter((name) => !Object.hasOwn(properties, name)),
  ];
  if (optional.size === 0) return;
  changed["properties"] = Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      optional.has(name) && isJsonObject(value) ? nullable(value) : value,
    ]),
  );
}

/** The schema, with null allowed too. An enumeration has to list the null as well as the type. */
function nullable(schema: JsonObject): JsonObject {
  const { type, enum: choices, anyOf, oneOf, const: only } = schema;
  if (allowsNull(schema)) return schema;
  const listed = Array.isArray(choices) ? { enum: [...choices, null] } : {};
  if (only === undefined && typeof type === "string") {
    return { ...schema, type: [type, "null"], ...listed };
  }
  if (only === undefined && Array.isArray(type)) {
    return { ...schema, type: [...new Set([...type, "null"])], ...listed };
  }
  if (Array.isArray(anyOf)) return { ...schema, anyOf: [...anyOf, { type: "null" }] };
  if (Array.isArray(oneOf)) return { ...schema, oneOf: [...oneOf, { type: "null" }] };
  return { anyOf: [schema, { type: "null" }] };
}

function allowsNull({ type, enum: choices, const: only, anyOf, oneOf }: JsonObject): boolean {
  if (Array.isArray(choices) && !choices.includes(null)) return false;
  if (type === "null" || only === null) return true;
  if (Array.isArray(type)) return type.includes("null");
  if (Array.isArray(choices) && type === undefined) return true;
  return [anyOf, oneOf].some(
    (branches) =>
      Array.isArray(branches) && branches.some((each) => isJsonObject(each) && allowsNull(each)),
  );
}
