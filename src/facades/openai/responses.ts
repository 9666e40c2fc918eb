/**
 * `/v1/responses`: nearly the upstream's own language. Requests get the few changes that the
 * upstream insists on; what becomes of the answer is in `responses-events.ts`.
 */
import type { JsonObject } from "../../protocol/json.ts";
import type { ResponsesRequest } from "../../protocol/request.ts";
import { formatComment, formatFrame } from "../../protocol/sse.ts";
import type { Change, Decoded, Facade } from "../facade.ts";
import {
  asBody,
  optionalArray,
  optionalBoolean,
  optionalObject,
  optionalObjects,
  optionalString,
  requiredString,
} from "../fields.ts";
import { completeFormat } from "../strict-schema.ts";
import { carryParameters, isAbsent } from "./carry.ts";
import { renameWebSearch, renameWebSearchChoice } from "./chat-tools.ts";
import { openAiError, openAiErrorBody } from "./error.ts";
import { decodeInput } from "./input.ts";
import { createEventEncoder, type EventForm, toAnswer } from "./responses-events.ts";
import { decodeState } from "./state.ts";

export const responses: Facade<null> = {
  name: "responses",
  path: "/v1/responses",
  contentType: "text/event-stream",
  keepalive: formatComment("keepalive"),
  idPrefix: "resp_",
  decode: decodeResponses,
  encoder: (_options, stamp, answer) => createEventEncoder(stamp, answer, serverSent),
  whole: (response, _options, stamp) => toAnswer(response, stamp),
  errorBody: openAiErrorBody,
};

function decodeResponses(value: unknown): Decoded<null> {
  const body = asBody(value);
  const carried = carryParameters(body, "responses");
  const changes: Change[] = [...carried.changes];
  // Read for their checks: the typed fields of the request below are what these lines prove.
  optionalString(body, "instructions");
  optionalBoolean(body, "parallel_tool_calls");
  optionalObject(body, "reasoning");
  optionalArray(body, "include");
  const tools = optionalObjects(body, "tools")?.map(renameWebSearch);
  const text = decodeText(body, changes);
  const streamOptions = optionalObject(body, "stream_options");
  const request: ResponsesRequest = {
    ...carried.fields,
    ...(tools === undefined ? {} : { tools }),
    ...(isAbsent(body["tool_choice"])
      ? {}
      : { tool_choice: renameWebSearchChoice(body["tool_choice"]) }),
    ...(text === undefined ? {} : { text }),
    ...(isAbsent(streamOptions) ? {} : { stream_options: streamOptions }),
    model: requiredString(body, "model"),
    input: decodeInput(body, changes),
  };
  return {
    request,
    stream: optionalBoolean(body, "stream") ?? false,
    state: decodeState(body),
    options: null,
    changes,
    spelled: carried.spelled,
  };
}

function decodeText(body: JsonObject, changes: Change[]): JsonObject | undefined {
  const text = optionalObject(body, "text");
  if (text === undefined || isAbsent(text)) return undefined;
  const format = optionalObject(text, "format", "text.format");
  if (format === undefined) return text;
  return { ...text, format: completeFormat(format, "text.format.schema", changes) };
}

const serverSent: EventForm = {
  event: formatFrame,
  frame: ({ type, data, text }) => text ?? formatFrame(type, data),
  keepalive: formatComment("keepalive"),
  error(error, sequence) {
    const { message, code, param } = openAiError(error);
    return { type: "error", code, message, param, sequence_number: sequence };
  },
  passesErrors: true,
};
