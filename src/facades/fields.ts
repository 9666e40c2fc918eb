/**
 * Reading a client's JSON: each function returns the typed value or throws `invalid_request` naming
 * the parameter. An explicit null means absent, because SDKs send nulls for what was not set.
 */
import { RelayError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../protocol/json.ts";

export function invalid(param: string, problem: string): RelayError {
  return new RelayError("invalid_request", `\`${param}\` ${problem}`, { param });
}

export function unsupported(param: string, problem: string): RelayError {
  return new RelayError("unsupported_parameter", `\`${param}\` ${problem}`, { param });
}

/** The name of a value's JSON type, for messages. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** A value that was not expected, for messages: a text as it is, anything else by its type. */
export function shown(value: unknown): string {
  return typeof value === "string" ? `\`${value}\`` : `a value of type ${kindOf(value)}`;
}

export function asBody(body: unknown): JsonObject {
  if (isJsonObject(body)) return body;
  throw new RelayError(
    "invalid_request",
    `The request body must be a JSON object; it is ${kindOf(body)}.`,
  );
}

export function requiredString(from: JsonObject, key: string, path = key): string {
  const value = optionalString(from, key, path);
  if (value === undefined) throw invalid(path, "is required.");
  if (value === "") throw invalid(path, "must not be empty.");
  return value;
}

export function optionalString(from: JsonObject, key: string, path = key): string | undefined {
  const value = from[key] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw invalid(path, `must be a string; it is ${kindOf(value)}.`);
}

export function optionalBoolean(from: JsonObject, key: string, path = key): boolean | undefined {
  const value = from[key] ?? undefined;
  if (value === undefined || typeof value === "boolean") return value;
  throw invalid(path, `must be true or false; it is ${kindOf(value)}.`);
}

export function optionalObject(from: JsonObject, key: string, path = key): JsonObject | undefined {
  const value = from[key] ?? undefined;
  if (value === undefined || isJsonObject(value)) return value;
  throw invalid(path, `must be an object; it is ${kindOf(value)}.`);
}

export function optionalArray(
  from: JsonObject,
  key: string,
  path = key,
): readonly unknown[] | undefined {
  const value: unknown = from[key] ?? undefined;
  if (value === undefined || Array.isArray(value)) return value;
  throw invalid(path, `must be an array; it is ${kindOf(value)}.`);
}

/** An array of objects; an element of another kind is named by its index. */
export function optionalObjects(
  from: JsonObject,
  key: string,
  path = key,
): readonly JsonObject[] | undefined {
  return optionalArray(from, key, path)?.map((element, index) =>
    asObject(element, `${path}[${index}]`),
  );
}

export function asObject(value: unknown, path: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw invalid(path, `must be an object; it is ${kindOf(value)}.`);
}
