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
  event: (_type, data) => formatLine(data),
  frame: ({ data }) => formatLine(data),
  keepalive: "",
  error: (error, sequence) => errorEvent(error, {}, sequence),
  // It has no status, and the Codex CLI passes over an `error` without one.
  passesErrors: false,
};

function formatLine(data: string): string {
  return `${data.includes("\n") ? data.replaceAll("\n", " ") : data}\n`;
}

/** There is no other kind of answer here, so clients need not ask for a stream. */
function decodeStreamed(value: unknown): Decoded<null> {
  const { stream, ...body } = asBody(value);
  const decoded = responses.decode({ ...body, stream: true });
  if (stream !== false) return decoded;
  const reason = "Over a WebSocket every answer is streamed.";
  const changes = [...decoded.changes, { kind: "ignored", parameter: "stream", reason } as const];
  return { ...decoded, changes };
}

interface EventField {
  readonly name: string;
  /** Of the event: it is no part of the request that the event is. */
  readonly isEvents: boolean;
  /** For the manual, which is made of this table. */
  readonly note: string;
}

/** Where an event differs from the body of `POST /v1/responses`. */
export const eventFields: readonly EventField[] = [
  { name: "type", isEvents: true, note: "`response.create`; any other is 400 `invalid_event`." },
  {
    name: "generate",
    isEvents: true,
    note: "`false` answers at once with an empty response (`resp_prewarm_…`) that the next request may go on from. No upstream is asked, no tokens are spent.",
  },
  {
    name: "stream_id",
    isEvents: true,
    note: "A lane, repeated in every event of the answer. Lanes are answered side by side, within the limits.",
  },
  {
    name: "previous_response_id",
    isEvents: false,
    note: "The newest answer of this connection, with `store: false` too, or one that is kept. Then `input` has only what is new. Anything else is 400 `previous_response_not_found`: send the whole conversation.",
  },
  {
    name: "stream",
    isEvents: false,
    note: "Not needed: every answer is streamed. `false` is disclosed.",
  },
];
const ofEvents = new Set(eventFields.flatMap(({ name, isEvents }) => (isEvents ? name : [])));

function decodeEvent(value: unknown): ClientEvent {
  if (!isJsonObject(value)) throw invalidEvent("An event must be a JSON object.");
  const { type } = value;
  const body = Object.fromEntries(Object.entries(value).filter(([name]) => !ofEvents.has(name)));
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
