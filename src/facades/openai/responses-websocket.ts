/**
 * The responses dialect over a WebSocket: the same requests and events, but a request is an event
 * itself, and the events of the answer are bare JSON (dialects.md d3). An answer ends in exactly one
 * event: after an `error` the Codex CLI takes whatever comes for the next answer.
 */
import { RelayError } from "../../errors.ts";
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { ClientEvent, Decoded, SocketFacade } from "../facade.ts";
import { asBody, optionalBoolean, optionalString, shown } from "../fields.ts";
import { openAiError } from "./error.ts";
import { responses } from "./responses.ts";
import { createEventEncoder, type EventForm } from "./responses-events.ts";

export const responsesWebSocket: SocketFacade<null> = {
  ...responses,
  name: "responses-websocket",
  contentType: "application/x-ndjson",
  keepalive: "",
  decode: decodeStreamed,
  encoder: (_options, stamp, answer) => createEventEncoder(stamp, answer, lines),
  decodeEvent,
  errorEvent,
};

/** One event a line. A line break between the tokens of JSON is as good as a space. */
const lines: EventForm = {
  event: (_type, data) => `${data.includes("\n") ? data.replaceAll("\n", " ") : data}\n`,
  keepalive: "",
  error: (error, sequence) => errorEvent(error, {}, sequence),
  // It has no status, and the Codex CLI passes over an `error` without one.
  passesErrors: false,
};

/** There is no other kind of answer here, so clients need not ask for a stream. */
function decodeStreamed(value: unknown): Decoded<null> {
  const { stream, ...body } = asBody(value);
  const decoded = responses.decode({ ...body, stream: true });
  if (stream !== false) return decoded;
  const reason = "Over a WebSocket every answer is streamed.";
  const changes = [...decoded.changes, { kind: "ignored", parameter: "stream", reason } as const];
  return { ...decoded, changes };
}

function decodeEvent(value: unknown): ClientEvent {
  if (!isJsonObject(value)) throw invalidEvent("An event must be a JSON object.");
  const { type, stream_id: _lane, generate: _generate, ...body } = value;
  if (type !== "response.create") {
    const given = type === undefined ? "missing" : shown(type);
    throw invalidEvent(`\`type\` must be \`response.create\`; it is ${given}.`, "type");
  }
  const lane = optionalString(value, "stream_id");
  if (lane !== undefined && !/^[A-Za-z0-9_.-]{1,256}$/.test(lane)) {
    throw invalidEvent(
      "`stream_id` must have 1 to 256 letters, digits, dots, hyphens and underscores.",
      "stream_id",
    );
  }
  return {
    body,
    isWarmUp: optionalBoolean(value, "generate") === false,
    lane,
    echo: lane === undefined ? {} : { stream_id: lane },
  };
}

function invalidEvent(message: string, param?: string): RelayError {
  return new RelayError("invalid_event", message, param === undefined ? {} : { param });
}

/**
 * What the service sends, nested, and what older SDKs read, flat: the official one shows the raw JSON
 * when only one of them is there. The Codex CLI reads `status` and `headers` beside them.
 */
function errorEvent(
  error: RelayError,
  headers: Readonly<Record<string, string>>,
  sequence = 0,
): JsonObject {
  const told = openAiError(error);
  const { code, message, param } = told;
  const withHeaders = Object.keys(headers).length === 0 ? {} : { headers };
  return {
    type: "error",
    status: error.status,
    error: { ...told, ...withHeaders },
    code,
    message,
    param,
    sequence_number: sequence,
    ...withHeaders,
  };
}
