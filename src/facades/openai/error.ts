/** OpenAI's error envelope; also the answer on paths that belong to no dialect. */
import type { RelayError } from "../../errors.ts";

export interface OpenAiError {
  readonly message: string;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
  /** Unix seconds at which the spent quota window opens again, when that is why. */
  readonly resets_at?: number;
  readonly resets_in_seconds?: number;
  /** How long that window is: 300 minutes, 10,080 for the weekly one. */
  readonly limit_window_minutes?: number;
}

export function openAiError(error: RelayError): OpenAiError {
  const { param, resetsAt, retryAfterSeconds, limitWindowMinutes } = error.details;
  return {
    message: error.message,
    type: error.type,
    code: error.wireCode,
    param: param ?? null,
    ...(resetsAt === undefined ? {} : { resets_at: resetsAt }),
    ...(resetsAt === undefined || retryAfterSeconds === undefined
      ? {}
      : { resets_in_seconds: retryAfterSeconds }),
    ...(limitWindowMinutes === undefined ? {} : { limit_window_minutes: limitWindowMinutes }),
  };
}

export function openAiErrorBody(error: RelayError): { readonly error: OpenAiError } {
  return { error: openAiError(error) };
}
