/** The forms of a WebSocket's frames: events without their framing, refusals as `error` events. */
import { digest, idFrom } from "./digest.ts";
import type { WholeAnswer } from "./exchange.ts";
import { isObject, type JsonObject, parseJson } from "./json.ts";

export interface EventFrame {
  readonly type: string;
  /** One line of JSON. */
  readonly data: string;
}

/** The events in the text of a stream. `previousId` is said again in their `response` objects. */
export function framesOf(text: string, previousId: string | undefined): readonly EventFrame[] {
  return text.split("\n\n").flatMap((event) => {
    const [, type, data] = /^event: ([^\n]*)\ndata: ([^\n]*)$/.exec(event) ?? [];
    if (type === undefined || data === undefined) return [];
    const said =
      previousId === undefined
        ? data
        : data.replace(
            '"previous_response_id":null',
            `"previous_response_id":${JSON.stringify(previousId)}`,
          );
    return [{ type, data: said }];
  });
}

/** A refusal has its status and its headers inside. */
export function toErrorFrame({ status, headers, body }: WholeAnswer): JsonObject {
  const { "content-type": _type, "set-cookie": _cookie, ...told } = headers;
  return { type: "error", status, error: errorOf(parseJson(body)), headers: told };
}

function errorOf(body: unknown): JsonObject {
  const { error, detail } = isObject(body) ? body : {};
  if (isObject(error)) return error;
  if (isObject(detail)) return detail;
  return typeof detail === "string"
    ? { type: "invalid_request_error", code: null, message: detail }
    : {};
}

/** What `generate: false` is answered with. */
export function warmUpFrames(body: JsonObject): {
  readonly id: string;
  readonly frames: readonly string[];
} {
  const id = idFrom("resp_", digest(JSON.stringify(body)));
  const response = { id, object: "response", output: [], usage: null, generate: false };
  const events: readonly (readonly [string, string])[] = [
    ["response.created", "in_progress"],
    ["response.in_progress", "in_progress"],
    ["response.completed", "completed"],
  ];
  const frames = events.map(([type, status], sequence) =>
    JSON.stringify({ type, response: { ...response, status }, sequence_number: sequence }),
  );
  return { id, frames };
}
