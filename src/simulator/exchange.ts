/**
 * What goes in and out of every handler: a request already read, and an answer not yet written.
 * Handlers see no socket; only `server.ts` does.
 */
import type { IncomingHttpHeaders } from "node:http";

export interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  /** The body as text, content encoding undone. */
  readonly body: string;
}

export interface WholeAnswer {
  readonly kind: "whole";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One move of a stream: the text of an event, or something other than an event. */
export type Step =
  | string
  | { readonly act: "wait"; readonly ms: number }
  /** Nothing more until the client leaves. */
  | { readonly act: "hold" }
  /** The connection breaks. */
  | { readonly act: "cut" };

export interface StreamAnswer {
  readonly kind: "stream";
  readonly headers: Readonly<Record<string, string>>;
  readonly steps: Iterable<Step>;
}

export type Answer = WholeAnswer | StreamAnswer;

type Headers = Readonly<Record<string, string>>;

/** An answer with a JSON body. */
export function jsonAnswer(status: number, body: unknown, headers: Headers = {}): WholeAnswer {
  return {
    kind: "whole",
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

/** An answer with a body of another type, or with none. */
export function plainAnswer(status: number, body: string, headers: Headers = {}): WholeAnswer {
  return { kind: "whole", status, headers, body };
}

/** A refusal in the words of the gateway: `{"detail": …}`. */
export function gatewayRefusal(detail: unknown, status = 400): WholeAnswer {
  return jsonAnswer(status, { detail });
}

/** A refusal in the words of the engine: `{"error": {message, type, param, code}}`. */
export function engineRefusal(
  error: {
    readonly message: string;
    readonly param?: string | null;
    readonly code?: string | null;
  },
  status = 400,
): WholeAnswer {
  const { message, param = null, code = null } = error;
  return jsonAnswer(status, { error: { message, type: "invalid_request_error", param, code } });
}

/** The fields of a JSON or form body; undefined when it is neither. */
export function readFields(received: Received): ReadonlyMap<string, string> | undefined {
  const type = mediaType(received.headers["content-type"]);
  if (type === "application/x-www-form-urlencoded") {
    return new Map(new URLSearchParams(received.body));
  }
  if (type !== "application/json") return undefined;
  try {
    const value: unknown = JSON.parse(received.body);
    if (typeof value !== "object" || value === null) return undefined;
    return new Map(
      Object.entries(value).filter(
        (field): field is [string, string] => typeof field[1] === "string",
      ),
    );
  } catch {
    // Not JSON: the caller answers that in its own words.
    return undefined;
  }
}

/** The media type without its parameters, in lower case. */
export function mediaType(header: string | undefined): string {
  return (header ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}
