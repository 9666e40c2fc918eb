/**
 * What a chat and a generate request have in common: the model's name, thinking and the form of the
 * answer.
 */
import { RelayError } from "../../errors.ts";
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { InputItem, ReasoningOptions } from "../../protocol/request.ts";
import type { Decoded } from "../facade.ts";
import { optionalBoolean, requiredString } from "../fields.ts";
import { ignoredParameters, type OllamaRoute } from "./parameters.ts";

/** What the answer has to know of its request. */
export interface OllamaOptions {
  /** The model's name as it was sent: every line of the answer repeats it. */
  readonly model: string;
  /** Nothing was asked, so that nothing is answered but this. */
  readonly doneReason: "load" | "unload" | undefined;
}

interface Asked {
  readonly route: OllamaRoute;
  readonly input: readonly InputItem[];
  readonly isEmpty: boolean;
}

export function decodeSettings(body: JsonObject, asked: Asked): Decoded<OllamaOptions> {
  const model = requiredString(body, "model");
  const format = decodeFormat(body);
  const reasoning = decodeThink(body);
  return {
    request: {
      model: withoutTag(model),
      input: withWordJson(asked.input, format),
      ...(reasoning === undefined ? {} : { reasoning }),
      ...(format === undefined ? {} : { text: { format } }),
    },
    // Ollama streams unless it is told not to.
    stream: optionalBoolean(body, "stream") ?? true,
    state: { store: false },
    options: { model, doneReason: asked.isEmpty ? endingOfNothing(body) : undefined },
    changes: ignoredParameters(body, asked.route),
    spelled: { "reasoning.effort": "think", "reasoning.summary": "think", "text.format": "format" },
    fitsEffort: true,
  };
}

/** Ollama writes a model's version behind a colon; here there is one of each. */
export function withoutTag(name: string): string {
  return name.replace(/:latest$/, "");
}

/** `think` as `reasoning`; undefined leaves the effort to the upstream. */
function decodeThink({ think }: JsonObject): ReasoningOptions | undefined {
  switch (think ?? undefined) {
    case undefined:
      return undefined;
    case false:
      return { effort: "none" };
    case true:
      return { effort: "medium", summary: "auto" };
    case "low":
    case "medium":
    case "high":
    case "max":
      return { effort: String(think), summary: "auto" };
    default:
      // Clients match on this phrase, and ask again without the parameter.
      throw new RelayError(
        "invalid_request",
        `invalid think value: ${JSON.stringify(think)} (must be "high", "medium", "low", "max", true, or false)`,
        { param: "think" },
      );
  }
}

/** `format` as `text.format`; undefined for plain text. */
function decodeFormat({ format }: JsonObject): JsonObject | undefined {
  if (format === undefined || format === null || format === "") return undefined;
  if (format === "json") return { type: "json_object" };
  if (isJsonObject(format)) {
    // A schema of Ollama's users is seldom strict: it stays as it is.
    return { type: "json_schema", name: "response", schema: format, strict: false };
  }
  throw new RelayError(
    "invalid_request",
    `invalid format: ${JSON.stringify(format).slice(0, 100)}; expected "json" or a valid JSON Schema object`,
    { param: "format" },
  );
}

/** The upstream takes `json_object` only where the input says "json" in some form. */
function withWordJson(
  input: readonly InputItem[],
  format: JsonObject | undefined,
): readonly InputItem[] {
  if (format?.["type"] !== "json_object" || input.some(saysJson)) return input;
  const text = "Answer in JSON.";
  return [
    ...input,
    { type: "message", role: "developer", content: [{ type: "input_text", text }] },
  ];
}

function saysJson({ content }: InputItem): boolean {
  if (!Array.isArray(content)) return false;
  // Texts only: the base64 of an image may hold the four letters too.
  return content.some(
    (part) => isJsonObject(part) && typeof part["text"] === "string" && /json/i.test(part["text"]),
  );
}

/** `keep_alive` of zero, with nothing to answer, asks for the model to be let go. */
function endingOfNothing({ keep_alive: keepAlive }: JsonObject): "load" | "unload" {
  const isZero = keepAlive === 0 || (typeof keepAlive === "string" && /^0+[a-z]*$/.test(keepAlive));
  return isZero ? "unload" : "load";
}
