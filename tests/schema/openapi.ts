/** OpenAI's published schemas as a validator: by name, and by the `type` of a streamed event. */
import { readFileSync } from "node:fs";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { isJsonObject, type JsonObject } from "../../src/protocol/json.ts";
import { completionChunk, type Relaxation, relaxations } from "./relaxations.ts";

export interface OpenApi {
  /** What is wrong with the value; empty when it is valid. */
  problems(schema: string, value: unknown): string[];
  /** The same for one event of a responses stream, by its own schema. */
  eventProblems(event: JsonObject): string[];
  /** The parameters of a request schema, those that it inherits included. */
  parametersOf(schema: string): string[];
}

type Schemas = Readonly<Record<string, JsonObject>>;

const root = "openapi";
const place = "#/components/schemas/";

/** The schemas as published, one entry for chunks of text completions added. */
export function readSchemas(): Schemas {
  const path = new URL("../fixtures/openapi.json", import.meta.url);
  const { components } = JSON.parse(readFileSync(path, "utf8")) as {
    components: { schemas: Schemas };
  };
  const { CreateCompletionResponse: whole = {}, ...others } = components.schemas;
  return { ...others, CreateCompletionResponse: whole, [completionChunk]: whole };
}

/** A validator; with fewer relaxations it is closer to the letter of the file. */
export function createOpenApi(published: Schemas, applied = relaxations): OpenApi {
  const schemas = relaxed(published, applied);
  // The file says things for people and for code generators that a validator does not know.
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addFormat("unixtime", { type: "number", validate: Number.isInteger });
  ajv.addSchema({ $id: root, components: { schemas } });
  const events = eventSchemas(schemas);

  const problems = (schema: string, value: unknown): string[] => {
    const validate = ajv.getSchema(`${root}${place}${schema}`);
    if (validate === undefined) throw new Error(`There is no schema \`${schema}\`.`);
    return validate(value) === true ? [] : told(schema, validate.errors ?? []);
  };
  return {
    problems,
    eventProblems(event) {
      const schema = events.get(String(event["type"]));
      return schema === undefined
        ? [`There is no event \`${String(event["type"])}\`.`]
        : problems(schema, event);
    },
    parametersOf: (schema) => [...propertiesOf(schemas, { $ref: place + schema })],
  };
}

function relaxed(published: Schemas, applied: readonly Relaxation[]): Schemas {
  const schemas: Record<string, JsonObject> = { ...published };
  for (const { schema, relax } of applied) schemas[schema] = relax(schemas[schema] ?? {});
  return schemas;
}

/** The schema of each event, as published: a relaxed one may have lost its list of types. */
function eventSchemas(schemas: Schemas): ReadonlyMap<string, string> {
  const union = schemas["ResponseStreamEvent"]?.["anyOf"];
  const names = (Array.isArray(union) ? union : []).map(({ $ref }) =>
    String($ref).slice(place.length),
  );
  return new Map(names.flatMap((name) => typesOf(schemas[name]).map((type) => [type, name])));
}

function typesOf(schema: JsonObject | undefined): string[] {
  const [first] = Array.isArray(schema?.["anyOf"]) ? schema["anyOf"] : [schema];
  const types = first?.properties?.type?.enum;
  return Array.isArray(types) ? types : [];
}

function propertiesOf(schemas: Schemas, schema: JsonObject): Set<string> {
  const target = schemas[String(schema["$ref"]).slice(place.length)] ?? schema;
  const own = isJsonObject(target["properties"]) ? Object.keys(target["properties"]) : [];
  const parts: unknown[] = Array.isArray(target["allOf"]) ? target["allOf"] : [];
  const inherited = parts.filter(isJsonObject).flatMap((part) => [...propertiesOf(schemas, part)]);
  return new Set([...own, ...inherited]);
}

/** The complaints that lie deepest: those of the alternatives that were not meant lie higher. */
function told(schema: string, errors: readonly ErrorObject[]): string[] {
  const depth = ({ instancePath }: ErrorObject): number => instancePath.split("/").length;
  const deepest = Math.max(...errors.map(depth));
  const lines = errors
    .filter((error) => depth(error) === deepest)
    .map(({ instancePath, message }) => `${schema}${instancePath} ${message}`);
  return [...new Set(lines)];
}
