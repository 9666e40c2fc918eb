/**
 * `/v1/responses`: nearly the upstream's own language. Requests get the few defaults that the
 * upstream insists on; the frames of the answer go out as they came in, except that the last one
 * carries the output which the upstream leaves out.
 */
import { createAccumulator } from "../../protocol/accumulate.ts";
import { isFailure, isSuccess } from "../../protocol/frame.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../protocol/json.ts";
import type { ResponsesRequest } from "../../protocol/request.ts";
import { formatFrame } from "../../protocol/sse.ts";
import type { Change, Decoded, Encoder, Facade } from "../facade.ts";
import {
  asBody,
  asObject,
  invalid,
  optionalArray,
  optionalBoolean,
  optionalObject,
  optionalObjects,
  optionalString,
  requiredString,
  unsupported,
} from "../fields.ts";
import { openAiError, openAiErrorBody } from "./error.ts";

export const responses: Facade<null> = {
  name: "responses",
  path: "/v1/responses",
  contentType: "text/event-stream",
  idPrefix: "resp_",
  decode: decodeResponses,
  encoder: () => createResponsesEncoder(),
  whole: (response) => response,
  errorBody: openAiErrorBody,
};

/** What needs an answer kept by somebody: the upstream keeps none, and neither does this relay. */
const stateful = ["previous_response_id", "conversation", "prompt", "background"] as const;

function decodeResponses(value: unknown): Decoded<null> {
  const body = asBody(value);
  const changes: Change[] = [];
  for (const key of stateful) {
    const setting = body[key] ?? false;
    if (setting !== false) {
      throw unsupported(
        key,
        "is not supported: no answers are kept. Send the whole conversation in `input`.",
      );
    }
  }
  const { stream: _stream, store, input: _input, ...rest } = body;
  if (store === true) {
    changes.push({
      kind: "ignored",
      parameter: "store",
      reason: "The upstream keeps no answers; they are sent with `store: false`.",
    });
  }
  // Read for their checks: the typed fields of the request below are what these lines prove.
  optionalString(body, "instructions");
  optionalObjects(body, "tools");
  optionalBoolean(body, "parallel_tool_calls");
  optionalObject(body, "reasoning");
  optionalObject(body, "text");
  const request: ResponsesRequest = {
    ...withoutNulls(rest),
    model: requiredString(body, "model"),
    input: decodeInput(body, changes),
  };
  return {
    request,
    stream: optionalBoolean(body, "stream") ?? false,
    options: null,
    changes,
    spelled: {},
  };
}

function withoutNulls(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

function decodeInput(body: JsonObject, changes: Change[]): JsonObject[] {
  const input = body["input"];
  if (typeof input === "string") {
    return [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }];
  }
  if (isJsonObject(input)) return [developerForSystem(input, 0, changes)];
  const items = optionalArray(body, "input");
  if (items === undefined) throw invalid("input", "is required: a string or an array of items.");
  return items.map((item, index) =>
    developerForSystem(asObject(item, `input[${index}]`), index, changes),
  );
}

/** The upstream answers 400 "System messages are not allowed"; developer messages mean the same. */
function developerForSystem(item: JsonObject, index: number, changes: Change[]): JsonObject {
  if (item["role"] !== "system") return item;
  changes.push({
    kind: "adapted",
    parameter: `input[${index}].role`,
    reason: "The upstream takes no system messages; it was sent as a developer message.",
  });
  return { ...item, role: "developer" };
}

/** Frames out as they came in. Parses only item and terminal frames. */
function createResponsesEncoder(): Encoder {
  const answer = createAccumulator();
  return {
    write(frame) {
      answer.add(frame);
      if (isSuccess(frame.type)) {
        const snapshot = answer.snapshot();
        const body = parseJson(frame.data);
        if (snapshot !== undefined && isJsonObject(body)) {
          return formatFrame(frame.type, JSON.stringify({ ...body, response: snapshot }));
        }
      }
      return formatFrame(frame.type, frame.data);
    },
    end: () => "",
    fail(error) {
      // The upstream's own failure has already gone out, word for word.
      if (answer.failure !== undefined && isFailure(answer.failure.type)) return "";
      const { message, code, param } = openAiError(error);
      const event = { type: "error", code, message, param, sequence_number: answer.count };
      return formatFrame("error", JSON.stringify(event));
    },
  };
}
