/**
 * The upstream's text frames (upstream.md 8.4): bare JSON events, a few of which are about the
 * connection and not part of the answer.
 */
import { Frame, typeNamed } from "../../../protocol/frame.ts";
import {
  asNumber,
  asString,
  isJsonObject,
  type JsonObject,
  parseJson,
} from "../../../protocol/json.ts";
import type { HttpFailure } from "../errors.ts";

/** How almost every frame begins, so that it need not be parsed. */
const beginning = /^\{"type":"([\w.]+)"/;

/** `padding`: an object without a type. `broken`: no object, and what it should have said is lost. */
export function readFrame(text: string): Frame | "padding" | "broken" {
  const [, plain] = beginning.exec(text) ?? [];
  if (plain !== undefined) return named(plain, text);
  const body = parseJson(text);
  if (!isJsonObject(body)) return "broken";
  const type = asString(body["type"]);
  return type === undefined ? "padding" : named(type, text);
}

function named(type: string, text: string): Frame {
  return new Frame(typeNamed(type), text);
}

/** About the connection, the plan or the time that it took: HTTP says it in headers, or not at all. */
export function isNotice({ type }: Frame): boolean {
  return type.startsWith("codex.") || type.startsWith("responsesapi.");
}

const terminal = new Set([
  "response.completed",
  "response.incomplete",
  "response.failed",
  "response.cancelled",
]);

/** No frame of this answer follows. */
export function isTerminal({ type }: Frame): boolean {
  return terminal.has(type);
}

/** What the notices say, under the names of the headers that HTTP has for it. */
export function headersOf(notice: Frame): Readonly<Record<string, string>> {
  const body = parseJson(notice.data);
  if (!isJsonObject(body)) return {};
  if (notice.type === "codex.rate_limits") return windowsOf(body["rate_limits"]);
  return notice.type === "codex.response.metadata" ? asHeaders(body["headers"]) : {};
}

const windowFacts = [
  ["used_percent", "used-percent"],
  ["window_minutes", "window-minutes"],
  ["reset_after_seconds", "reset-after-seconds"],
] as const;

function windowsOf(limits: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const window of ["primary", "secondary"]) {
    const facts = isJsonObject(limits) ? limits[window] : undefined;
    for (const [field, name] of windowFacts) {
      const value = isJsonObject(facts) ? asNumber(facts[field]) : undefined;
      if (value !== undefined) headers[`x-codex-${window}-${name}`] = String(value);
    }
  }
  return headers;
}

function asHeaders(value: unknown): Record<string, string> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, text]) =>
      typeof text === "string" || typeof text === "number"
        ? [[name.toLowerCase(), String(text)]]
        : [],
    ),
  );
}

/** An `error` frame that says what HTTP would have said with a status. */
export interface ErrorNotice extends HttpFailure {
  readonly code: string | undefined;
}

/** Codes that a turn is asked again for; some connections leave their status out (upstream.md 8.5). */
const statuses: ReadonlyMap<string | undefined, number> = new Map([
  ["previous_response_not_found", 400],
  ["websocket_connection_limit_reached", 400],
  ["unauthorized", 401],
  ["token_invalid", 401],
  ["token_expired", 401],
]);

/** Undefined for an `error` without a status: that one is an event of the answer. */
export function errorNotice({ type, data }: Frame): ErrorNotice | undefined {
  const body = type === "error" ? parseJson(data) : undefined;
  if (!isJsonObject(body)) return undefined;
  const error: JsonObject = isJsonObject(body["error"]) ? body["error"] : {};
  const code = asString(error["code"]);
  const status = asNumber(body["status"]) ?? asNumber(body["status_code"]) ?? statuses.get(code);
  if (status === undefined) return undefined;
  const headers = asHeaders(body["headers"]);
  return {
    status,
    code,
    body: JSON.stringify({ error }),
    header: (name) => headers[name],
  };
}

/** The frame as an answer over HTTP has it: what is about the transport stays here. */
export function asAnswerFrame(frame: Frame, isIncremental: boolean): Frame {
  if (frame.type === "error") {
    const body = parseJson(frame.data);
    if (!isJsonObject(body)) return frame;
    const { status: _status, status_code: _code, headers: _headers, ...rest } = body;
    return new Frame(frame.type, JSON.stringify(rest));
  }
  // Our own way of saying less; the client did not go on from that answer.
  if (!isIncremental || !lifecycle.test(frame.type)) return frame;
  return new Frame(frame.type, frame.data.replace(previousId, '"previous_response_id":null'));
}

const lifecycle = /^response\.(created|in_progress|queued|completed|incomplete|failed)$/;

/** Inside a text its quotes would be escaped. */
const previousId = /"previous_response_id"\s*:\s*"[^"\\]*"/;
