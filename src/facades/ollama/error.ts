/** Ollama's error form: a text, never an object, which its clients would show as `[object Object]`. */
import type { RelayError } from "../../errors.ts";

export function ollamaErrorBody({ code, message, details }: RelayError): {
  readonly error: string;
} {
  // Clients look for this phrase before they offer to pull the model.
  if (code === "model_not_found" && details.model !== undefined) {
    return { error: `model '${details.model}' not found` };
  }
  return { error: message };
}
