/**
 * `/v1/responses`: nearly the upstream's own language. Requests get the few changes that the
 * upstream insists on; the frames of the answer go out as they came in, except that the `response`
 * objects lose what names the account, and the last one carries the output that the upstream leaves out.
 */
import type { ResponseSnapshot } from "../../protocol/events.ts";
import type { Frame } from "../../protocol/frame.ts";
import { isSuccess } from "../../protocol/frame.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../protocol/json.ts";
import type { ResponsesRequest } from "../../protocol/request.ts";
import { formatComment, formatFrame } from "../../protocol/sse.ts";
import type { AnswerSoFar, Change, Decoded, Encoder, Facade, Stamp } from "../facade.ts";
import {
  asBody,
  optionalArray,
  optionalBoolean,
  optionalObject,
  optionalObjects,
  optionalString,
  requiredString,
} from "../fields.ts";
import { carryParameters, isAbsent } from "./carry.ts";
import { renameWebSearch, renameWebSearchChoice } from "./chat-tools.ts";
import { openAiError, openAiErrorBody } from "./error.ts";
import { decodeInput } from "./input.ts";
import { decodeState } from "./state.ts";
import { completeFormat } from "./strict-schema.ts";

export const responses: Facade<null> = {
  name: "responses",
  path: "/v1/responses",
  contentType: "text/event-stream",
  keepalive: formatComment("keepalive"),
  idPrefix: "resp_",
  decode: decodeResponses,
  encoder: (_options, stamp, answer) => createResponsesEncoder(stamp, answer),
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
  const complete = completeFormat(format, "text.format.schema");
  if (complete === format) return text;
  changes.push({
    kind: "adapted",
    parameter: "text.format.schema",
    reason: "A strict schema lists every property as required; optional ones were made nullable.",
  });
  return { ...text, format: complete };
}

/** The upstream's object with what this relay answers for; the account's user id stays out of it. */
function toAnswer(response: ResponseSnapshot, { echo }: Stamp): ResponseSnapshot {
  const named = "safety_identifier" in response ? { safety_identifier: null } : {};
  return { ...response, ...echo, ...named };
}

/** Frames out as they came in. Parses only the frames that hold an item or a whole `response`. */
function createResponsesEncoder(stamp: Stamp, answer: AnswerSoFar): Encoder {
  /** The frame with its `response` object made fit to leave; as it came when it has none. */
  const withResponse = (frame: Frame): string => {
    const isLast = isSuccess(frame.type);
    if (!isLast && !/"safety_identifier"\s*:\s*"/.test(frame.data)) {
      return formatFrame(frame.type, frame.data);
    }
    const body = parseJson(frame.data);
    // What was cut is not passed on: the error that follows it says what happened.
    if (!isJsonObject(body)) return "";
    const snapshot = isLast ? answer.snapshot() : undefined;
    const own = isJsonObject(body["response"]) ? body["response"] : {};
    const response =
      snapshot === undefined ? { ...own, safety_identifier: null } : toAnswer(snapshot, stamp);
    return formatFrame(frame.type, JSON.stringify({ ...body, type: frame.type, response }));
  };

  return {
    write(frame) {
      switch (frame.type) {
        case "response.created":
        case "response.in_progress":
        case "response.queued":
        case "response.completed":
        case "response.incomplete":
        case "response.failed":
          return withResponse(frame);
        // No event of OpenAI's: clients with a closed list of events fail on it.
        case "keepalive":
          return formatComment("keepalive");
        default:
          return formatFrame(frame.type, frame.data);
      }
    },
    end: () => "",
    fail(error) {
      // The upstream's own failure has already gone out.
      if (answer.failures.length > 0) return "";
      const { message, code, param } = openAiError(error);
      const event = { type: "error", code, message, param, sequence_number: answer.count };
      return formatFrame("error", JSON.stringify(event));
    },
  };
}
