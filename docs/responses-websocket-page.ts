/** Renders docs/reference/responses-websocket.md: the fields that the decoder obeys, and what is around them. */
import { eventFields } from "../src/facades/openai/responses-websocket.ts";
import { code, notice, table } from "./markdown.ts";

export function renderResponsesWebSocket(): string {
  return [
    notice,
    "# Responses over a WebSocket",
    "",
    "`GET /v1/responses` with `Upgrade: websocket`, and its twin below `/no-tools`. Host, Origin, relay token and limits are looked at before 101, and refused with the answers of HTTP. A browser, which can set no header, offers the subprotocols `airelays` and `openai-insecure-api-key.<relay token>`; only the first is named in the answer. A token in the address is not looked at. Frames are not compressed.",
    "",
    "```json",
    '{"type": "response.create", "model": "gpt-5.5", "input": "Say hello.", "store": false}',
    "```",
    "",
    "A text frame is a request: the body of `POST /v1/responses` beside `type`. The answer is the events of the stream, one bare JSON object a frame, without `[DONE]`. Every frame is a request of its own: it has its own id and entry in the log, is admitted like a request over HTTP with the token of that moment, and holds one of the places while it runs. An idle connection holds none.",
    "",
    "## Fields",
    "",
    "Every parameter has the fate that it has on `POST /v1/responses` ([Parameters](parameters.md)), but for these:",
    "",
    ...table(
      ["Field", "What happens"],
      eventFields.map(({ name, note }) => [code(name), note]),
    ),
    "",
    "What was left out or changed is told in the first event of the answer, where HTTP has headers: `airelays.headers` has `x-airelays-ignored-parameters` and `x-airelays-adapted-parameters`, `x-request-id` and the plan's windows. The `response` object is as it is over HTTP.",
    "",
    "## Order and memory",
    "",
    "- Requests without a lane, and those of one lane, are answered in order. Eight may wait; then comes 409 `response_already_in_flight`.",
    "- The connection remembers the newest answer of each lane, in memory, up to `server.max_body_bytes` together, and forgets it when it closes or when a request that went on from it fails.",
    "- `response.append`, `response.interrupt` and other events are refused as `invalid_event`; to stop an answer, close the connection.",
    "",
    "## Errors",
    "",
    '`{"type": "error", "status": 400, "error": {"message", "type", "code", "param", "headers"}, …}`; `code`, `message`, `param` and `headers` stand beside `error` once more, because clients look in either place. The connection stays open. An answer that has begun ends in exactly one of `response.completed`, `response.incomplete`, `response.failed` and `error`.',
    "",
    "## The end of a connection",
    "",
    ...table(["What happens", "Code"], ends),
    "",
    "The relay pings every 25 seconds. When it stops, running answers get `server.drain_seconds`; what is left then, and what comes meanwhile, gets the error `relay_stopping`. 64 connections may be open.",
    "",
    "How the upstream is asked is another matter, and a setting: [the way to the upstream](../concepts/streaming.md#the-way-to-the-upstream).",
    "",
  ].join("\n");
}

const ends: readonly (readonly string[])[] = [
  [
    "60 minutes are over: what runs ends, then comes the error `websocket_connection_limit_reached`",
    "1001",
  ],
  ["the relay stops", "1001"],
  ["a frame is no text", "1003"],
  ["a frame is above `server.max_body_bytes`", "1009"],
  ["two pings had no answer, or none for five minutes behind an answer that is read slowly", "cut"],
];
