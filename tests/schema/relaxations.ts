/**
 * Where OpenAI's published schemas are stricter than what the API and the ChatGPT backend send. Every
 * row is needed: a test takes each away and expects a complaint.
 */
import type { JsonObject } from "../../src/protocol/json.ts";

export interface Relaxation {
  /** A name in `components.schemas`. */
  readonly schema: string;
  readonly reason: string;
  relax(schema: JsonObject): JsonObject;
}

/** Not in the file, which says of the whole completion that its chunks have the same shape. */
export const completionChunk = "CompletionChunk";

export const relaxations: readonly Relaxation[] = [
  {
    schema: "ModelResponseProperties",
    reason: "`user` is null in every answer.",
    relax: (schema) => change(schema, ["properties", "user"], orNull),
  },
  {
    schema: "Response",
    reason: "`usage` is null until the answer is over.",
    relax: (schema) => change(schema, ["allOf", "2", "properties", "usage"], orNull),
  },
  {
    schema: "ResponseUsage",
    reason: "Older models tell no `cache_write_tokens`.",
    relax: (schema) =>
      change(schema, ["properties", "input_tokens_details"], without("cache_write_tokens")),
  },
  {
    schema: "TextResponseFormatJsonSchema",
    reason: "The format of an answer has a null `description` when the request had none.",
    relax: (schema) => change(schema, ["properties", "description"], orNull),
  },
  {
    schema: "ResponseErrorCode",
    reason: "The list lacks codes that are sent, such as `context_length_exceeded`.",
    relax: () => ({ type: "string" }),
  },
  {
    schema: "WebSearchToolCall",
    reason: "A search that has not ended has no `action`.",
    relax: requiredOnceCompleted("action"),
  },
  {
    schema: "ImageGenToolCall",
    reason: "An image that is not made yet has no `result`.",
    relax: requiredOnceCompleted("result"),
  },
  {
    schema: "ResponseFunctionCallArgumentsDoneEvent",
    reason: "The ChatGPT backend does not repeat the function's `name`.",
    relax: without("name"),
  },
  {
    schema: "ResponseErrorEvent",
    reason: "The ChatGPT backend nests the error.",
    relax: (schema) => ({
      anyOf: [
        schema,
        {
          type: "object",
          properties: {
            type: { const: "error" },
            error: { $ref: "#/components/schemas/Error" },
            sequence_number: { type: "integer" },
          },
          required: ["type", "error", "sequence_number"],
        },
      ],
    }),
  },
  {
    schema: "ChatCompletionMessageToolCallChunk",
    reason: "Calls of custom tools are streamed too.",
    relax: (schema) =>
      change(schema, ["properties", "type"], () => ({ enum: ["function", "custom"] })),
  },
  {
    schema: completionChunk,
    reason: "Only the last chunk of a stream has a `finish_reason`.",
    relax: (schema) =>
      change(
        schema,
        ["properties", "choices", "items", "properties", "finish_reason"],
        ({ type: _, enum: reasons }) => ({ enum: [...asArray(reasons), null] }),
      ),
  },
  {
    schema: completionChunk,
    reason: "With `include_usage`, every chunk but the last says that it has none.",
    relax: (schema) => change(schema, ["properties", "usage"], orNull),
  },
];

function orNull(schema: JsonObject): JsonObject {
  return { anyOf: [schema, { type: "null" }] };
}

/** The schema with one property no longer required. */
function without(property: string): (schema: JsonObject) => JsonObject {
  return (schema) => {
    const required = asArray(schema["required"]);
    if (!required.includes(property)) throw new Error(`\`${property}\` is not required any more.`);
    return { ...schema, required: required.filter((name) => name !== property) };
  };
}

function requiredOnceCompleted(property: string): (schema: JsonObject) => JsonObject {
  return (schema) => ({
    ...without(property)(schema),
    if: { properties: { status: { const: "completed" } } },
    // biome-ignore lint/suspicious/noThenProperty: it is JSON Schema's keyword.
    then: { required: [property] },
  });
}

/** A copy of the schema with the part at the path replaced; fails when the file has no such part. */
function change(
  schema: JsonObject,
  path: readonly string[],
  replace: (part: JsonObject) => JsonObject,
): JsonObject {
  const copy: Record<string, unknown> = structuredClone(schema);
  const last = path.at(-1) ?? "";
  const parent = path.slice(0, -1).reduce(objectAt, copy);
  parent[last] = replace(objectAt(parent, last));
  return copy;
}

function objectAt(parent: JsonObject, key: string): Record<string, unknown> {
  const part = parent[key];
  if (typeof part !== "object" || part === null) throw new Error(`The schema has no \`${key}\`.`);
  return part as Record<string, unknown>;
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
