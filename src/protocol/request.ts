/** The hub of every dialect: a Responses request, as the facades make it and the upstreams take it. */
import type { JsonObject } from "./json.ts";

/** What a request asks of the memory that this relay has because the upstream has none. */
export interface StateRequest {
  readonly previousResponseId?: string;
  readonly conversationId?: string;
  /** Keep the answer for later? Undefined where the client did not say: it is kept if that is on. */
  readonly store?: boolean;
}

/** An item of `input`; `type` may be missing on messages. */
export type InputItem = JsonObject;

export interface ReasoningOptions {
  readonly effort?: string;
  readonly summary?: string;
  readonly [option: string]: unknown;
}

/** The efforts that there are, in ascending order; each model has some of them. */
export const allEfforts: readonly string[] = [
  "none",
  "minimal",
  "low",
  "medium",
  "high",
  "xhigh",
  "max",
  "ultra",
];

export interface TextOptions {
  readonly format?: JsonObject;
  readonly verbosity?: string;
  readonly [option: string]: unknown;
}

/**
 * Wire names, because `/v1/responses` passes through here unchanged. The listed fields are the ones
 * that some layer reads; any other is carried in the index and judged by the upstream's request.ts.
 */
export interface ResponsesRequest {
  readonly model: string;
  readonly input: readonly InputItem[];
  readonly instructions?: string;
  readonly tools?: readonly JsonObject[];
  readonly tool_choice?: unknown;
  readonly parallel_tool_calls?: boolean;
  readonly reasoning?: ReasoningOptions;
  readonly text?: TextOptions;
  readonly [parameter: string]: unknown;
}
