/** A value that fits a JSON Schema, always the same one; free strings carry the marker. */
import { entryOf, isObject, type JsonObject, objectAt } from "./json.ts";
import { marker } from "./marker.ts";

/** From here on optional things are left out, so that a schema that refers to itself comes to an end. */
const shallow = 5;
const deepest = 40;

interface Place {
  readonly root: JsonObject;
  readonly name: string;
  readonly depth: number;
}

/** The instance; a schema without any hint gives the marker as a string. */
export function createInstance(schema: unknown, name = "value"): unknown {
  return build(schema, { root: isObject(schema) ? schema : {}, name, depth: 0 });
}

function build(given: unknown, place: Place): unknown {
  if (!isObject(given) || place.depth > deepest) return given === false ? null : marker;
  const schema = resolve(given, place.root);
  if ("const" in schema) return schema["const"];
  const choices = schema["enum"];
  if (Array.isArray(choices) && choices.length > 0) return choices[0];
  const branches = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(branches) && branches.length > 0)
    return build(pick(branches, place), deeper(place));
  switch (typeOf(schema, place)) {
    case "object":
      return buildObject(schema, place);
    case "array":
      return buildArray(schema, place);
    case "integer":
    case "number":
      return buildNumber(schema);
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return buildString(schema, place.name);
  }
}

function deeper(place: Place, name = place.name): Place {
  return { ...place, name, depth: place.depth + 1 };
}

/** Follows `$ref` inside of the document and folds `allOf` into one schema. */
function resolve(schema: JsonObject, root: JsonObject, hops = 0): JsonObject {
  const reference = schema["$ref"];
  let whole = schema;
  if (typeof reference === "string" && hops < deepest) {
    const { $ref: _, ...rest } = schema;
    whole = { ...resolve(lookUp(reference, root), root, hops + 1), ...rest };
  }
  const parts = whole["allOf"];
  if (!Array.isArray(parts) || hops >= deepest) return whole;
  const all = [whole, ...parts.filter(isObject).map((part) => resolve(part, root, hops + 1))];
  const properties = Object.assign({}, ...all.map((part) => objectAt(part, "properties")));
  return Object.assign({}, ...all, { properties });
}

function lookUp(reference: string, root: JsonObject): JsonObject {
  const steps = reference
    .replace(/^#\/?/, "")
    .split("/")
    .filter((step) => step !== "");
  let at: unknown = root;
  for (const step of steps) {
    const key = decodeStep(step);
    at = isObject(at) && Object.hasOwn(at, key) ? at[key] : {};
  }
  return isObject(at) ? at : {};
}

function decodeStep(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** The first branch that is not null; the null one where it ends a recursion. */
function pick(branches: readonly unknown[], place: Place): unknown {
  const isNull = (branch: unknown): boolean => isObject(branch) && branch["type"] === "null";
  const end = place.depth >= shallow ? branches.find(isNull) : undefined;
  return end ?? branches.find((branch) => !isNull(branch)) ?? branches[0];
}

function typeOf(schema: JsonObject, place: Place): unknown {
  const { type } = schema;
  if (Array.isArray(type)) {
    if (place.depth >= shallow && type.includes("null")) return "null";
    return type.find((one) => one !== "null") ?? "null";
  }
  if (type !== undefined) return type;
  if (isObject(schema["properties"])) return "object";
  return schema["items"] === undefined ? "string" : "array";
}

function buildObject(schema: JsonObject, place: Place): unknown {
  const { required } = schema;
  const isRequired = (key: string): boolean => Array.isArray(required) && required.includes(key);
  const fields = Object.entries(objectAt(schema, "properties"))
    .filter(([key]) => place.depth < shallow || isRequired(key))
    .map(([key, value]) => [key, build(value, deeper(place, key))] as const);
  return Object.fromEntries(fields);
}

function buildArray(schema: JsonObject, place: Place): unknown {
  const least = numberAt(schema, "minItems") ?? 0;
  const most = numberAt(schema, "maxItems") ?? 1;
  const wanted = place.depth >= shallow ? least : Math.max(least, Math.min(1, most));
  const length = Math.min(wanted, 100);
  return Array.from({ length }, () => build(schema["items"] ?? {}, deeper(place)));
}

function buildNumber(schema: JsonObject): number {
  const step = numberAt(schema, "multipleOf") ?? 1;
  const above = numberAt(schema, "exclusiveMinimum");
  const below = numberAt(schema, "exclusiveMaximum");
  const least = numberAt(schema, "minimum") ?? above;
  const most = numberAt(schema, "maximum") ?? below;
  if (least !== undefined) {
    const first = Math.ceil(least / step) * step;
    if (first !== above) return first;
    const next = first + step;
    // Between two exclusive bounds there may be no whole step.
    return below !== undefined && next >= below ? (first + below) / 2 : next;
  }
  if (most === undefined || most > step) return step;
  const last = Math.floor(most / step) * step;
  return last === below ? last - step : last;
}

const formats: Readonly<Record<string, string>> = {
  "date-time": "2026-01-01T00:00:00Z",
  date: "2026-01-01",
  time: "00:00:00Z",
  duration: "P1D",
  email: "demo@airelays.invalid",
  hostname: "airelays.invalid",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://airelays.invalid/",
  uuid: "00000000-0000-4000-8000-000000000000",
};

function buildString(schema: JsonObject, name: string): string {
  const { format } = schema;
  const fixed = typeof format === "string" ? entryOf(formats, format) : undefined;
  if (fixed !== undefined) return fixed;
  const least = Math.min(numberAt(schema, "minLength") ?? 0, 10_000);
  const most = numberAt(schema, "maxLength") ?? Number.POSITIVE_INFINITY;
  return Array.from(`${marker} ${name}`.padEnd(least, ".")).slice(0, Math.max(0, most)).join("");
}

function numberAt(schema: JsonObject, key: string): number | undefined {
  const value = schema[key];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
