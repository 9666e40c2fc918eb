/** How this dialect tells an error: its envelope, its types and its statuses (dialects.md d1.10). */
import type { RelayError } from "../../errors.ts";
import type { ErrorForm } from "../facade.ts";

export interface AnthropicError {
  readonly type: string;
  readonly message: string;
}

const types: ReadonlyMap<number, string> = new Map([
  [401, "authentication_error"],
  [402, "billing_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [409, "conflict_error"],
  [413, "request_too_large"],
  [429, "rate_limit_error"],
  [504, "timeout_error"],
  [529, "overloaded_error"],
]);

export function anthropicError(error: RelayError): AnthropicError {
  const status = anthropicStatus(error);
  const type = types.get(status) ?? (status < 500 ? "invalid_request_error" : "api_error");
  return { type, message: messageOf(error) };
}

/** Claude Code shows it word for word, and the envelope has no other place for the time of a reset. */
function messageOf({ code, message, details: { resetsAt } }: RelayError): string {
  // The words that make Claude Code compact the conversation.
  if (code === "context_length_exceeded") return `prompt is too long: ${message}`;
  if (resetsAt === undefined) return message;
  const time = new Date(resetsAt * 1000).toISOString().slice(0, 16).replace("T", " ");
  return `${message.replace(/\.$/, "")}. The plan's window opens again at ${time} UTC.`;
}

/** Clients of this dialect know a login that has ended, and an overload, by other statuses. */
function anthropicStatus(error: RelayError): number {
  if (error.code.startsWith("upstream_auth_")) return 401;
  return error.code === "upstream_overloaded" ? 529 : error.status;
}

export const anthropicErrors: Required<ErrorForm> = {
  errorBody: (error, requestId) => ({
    type: "error",
    error: anthropicError(error),
    request_id: requestId,
  }),
  errorStatus: anthropicStatus,
};
