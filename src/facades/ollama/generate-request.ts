/** An `/api/generate` body, one prompt, as a Responses request. */
import type { JsonObject } from "../../protocol/json.ts";
import type { Decoded } from "../facade.ts";
import { asBody, optionalString } from "../fields.ts";
import { imageParts } from "./images.ts";
import { decodeSettings, type OllamaOptions } from "./settings.ts";

/** Nothing is asked: the client wants the model loaded, or let go. */
export function isEmptyPrompt(value: unknown): boolean {
  return promptParts(asBody(value)).length === 0;
}

export function decodeGenerate(value: unknown): Decoded<OllamaOptions> {
  const body = asBody(value);
  const content = promptParts(body);
  const isEmpty = content.length === 0;
  const input = isEmpty ? [] : [{ type: "message", role: "user", content }];
  const settings = decodeSettings(body, { route: "generate", input, isEmpty });
  const instructions = optionalString(body, "system");
  return instructions ? { ...settings, request: { ...settings.request, instructions } } : settings;
}

function promptParts(body: JsonObject): JsonObject[] {
  const prompt = optionalString(body, "prompt") ?? "";
  return [
    ...(prompt === "" ? [] : [{ type: "input_text", text: prompt }]),
    ...imageParts(body, "images"),
  ];
}
