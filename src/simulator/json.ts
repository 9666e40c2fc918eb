/** JSON as it comes off the wire: unknown until somebody looks. Knows no field of any protocol. */

export interface JsonObject {
  readonly [key: string]: unknown;
}

/** Is it a JSON object, and not an array or null? */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value in the text, or undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A body that is no JSON is an expected input here, and every caller has its own refusal for it.
    return undefined;
  }
}

/** The table's own entry: a name from the wire such as `constructor` finds nothing. */
export function entryOf<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** The string under the key, or undefined when there is none or it is something else. */
export function stringAt(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === "string" ? value : undefined;
}

/** The object under the key, or an empty one. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : {};
}

/** The objects in the array under the key; what is not an object is left out. */
export function objectsAt(object: JsonObject, key: string): readonly JsonObject[] {
  const value = object[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}
