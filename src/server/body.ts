/**
 * Reads a JSON request body from the socket: once, bounded while it comes in. A refusal leaves the
 * rest unread, and the exchange then closes the connection.
 */
import type { IncomingMessage } from "node:http";
import type { Cancellation } from "../cancellation.ts";
import { RelayError } from "../errors.ts";
import { LoggedJson } from "../scope.ts";
import { tooLarge } from "./decode-refusals.ts";
import type { DecoderOf } from "./decompress.ts";
import { findShapeProblem } from "./json-shape.ts";

export interface JsonBody {
  readonly value: unknown;
  /** For the log: the text as it came where it can stand there. */
  readonly logged: unknown;
}

export interface BodyTerms {
  /** Also without its type, as curl sends it; not from a browser. */
  readonly takesUntypedBodies?: boolean;
}

/** The signal's reason is thrown when it aborts. */
export type ReadJsonBody = (
  req: IncomingMessage,
  signal: Cancellation,
  terms?: BodyTerms,
) => Promise<JsonBody>;

export interface BodyReaderDeps {
  readonly limitBytes: number;
  readonly decoderOf: DecoderOf;
}

export function createBodyReader({ limitBytes, decoderOf }: BodyReaderDeps): ReadJsonBody {
  return async (req, signal, { takesUntypedBodies = false } = {}) => {
    if (!(takesUntypedBodies && isUntyped(req))) requireJson(req);
    const decode = decoderOf(req.headers["content-encoding"]);
    if (Number(req.headers["content-length"] ?? 0) > limitBytes) throw tooLarge(limitBytes);
    const bytes = await readBytes(req, limitBytes, signal);
    const text = (await decode(bytes, limitBytes)).toString("utf8");
    const value = parseBody(text, "The request body");
    return { value, logged: LoggedJson.received(value, text) };
  };
}

/** The value of a JSON text, whatever brought it; `what` names it in errors. */
export function parseBody(text: string, what: string): unknown {
  if (text.trim() === "") {
    throw new RelayError("invalid_json", `${what} is empty; a JSON object is expected.`);
  }
  const problem = findShapeProblem(text);
  if (problem !== undefined) throw new RelayError("invalid_request", `${what} ${problem}.`);
  return parse(text, what);
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The engine's own message quotes the body, which may hold what nobody should log.
    const [, at] = /at position (\d+)/.exec(String(error)) ?? [];
    const place = at === undefined ? "" : ` at position ${at}`;
    throw new RelayError("invalid_json", `${what} is not valid JSON${place}.`);
  }
}

/**
 * A web page may post text and forms to any address without asking; JSON it may not. So the type is
 * required, not guessed.
 */
function requireJson(req: IncomingMessage): void {
  const type = req.headers["content-type"] ?? "";
  if (!/^application\/(json|[\w.+-]+\+json)\s*(;|$)/i.test(type)) {
    throw new RelayError(
      "unsupported_media_type",
      `The request body must be sent as \`content-type: application/json\`; it was \`${type.slice(0, 100)}\`.`,
    );
  }
}

/** Without a type, or with the one that curl gives to anything; browsers always say where they are. */
function isUntyped({ headers }: IncomingMessage): boolean {
  const type = headers["content-type"] ?? "";
  const isBrowser = headers.origin !== undefined || headers["sec-fetch-site"] !== undefined;
  return !isBrowser && /^(application\/x-www-form-urlencoded)?\s*(;|$)/i.test(type);
}

function readBytes(
  req: IncomingMessage,
  limitBytes: number,
  signal: Cancellation,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    req.on("data", (part: Buffer) => {
      size += part.length;
      if (size > limitBytes) {
        req.pause();
        req.removeAllListeners("data");
        reject(tooLarge(limitBytes));
        return;
      }
      parts.push(part);
    });
    req.on("end", () => {
      const [only] = parts;
      // Most bodies come in one piece, and then there is nothing to join.
      resolve(parts.length === 1 && only ? only : Buffer.concat(parts));
    });
    req.on("error", reject);
    const stop = (): void => reject(signal.reason);
    // Admission waits, and the time may be over by now.
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
