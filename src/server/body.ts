/**
 * Reads a JSON request body from the socket: once, bounded while it comes in. A refusal leaves the
 * rest unread, and the exchange then closes the connection.
 */
import type { IncomingMessage } from "node:http";
import { RelayError } from "../errors.ts";
import { LoggedJson } from "../scope.ts";
import { decodeBody, decoderOf, tooLarge } from "./decompress.ts";

export interface JsonBody {
  readonly value: unknown;
  /** For the log: the text as it came where it can stand there. */
  readonly logged: unknown;
}

export async function readJsonBody(
  req: IncomingMessage,
  limitBytes: number,
  signal: AbortSignal,
): Promise<JsonBody> {
  requireJson(req);
  const decode = decoderOf(req.headers["content-encoding"]);
  if (Number(req.headers["content-length"] ?? 0) > limitBytes) throw tooLarge(limitBytes);
  const bytes = await readBytes(req, limitBytes, signal);
  const text = (await decodeBody(decode, bytes, limitBytes)).toString("utf8");
  const value = parseBody(text, "The request body");
  return { value, logged: LoggedJson.received(value, text) };
}

/** The value of a JSON text, whatever brought it; `what` names it in errors. */
export function parseBody(text: string, what: string): unknown {
  if (text.trim() === "") {
    throw new RelayError("invalid_json", `${what} is empty; a JSON object is expected.`);
  }
  const body = parse(text, what);
  if (isDeeper(body, deepestNesting)) {
    throw new RelayError(
      "invalid_request",
      `${what} is nested more than ${deepestNesting} levels deep.`,
    );
  }
  return body;
}

/** Far beyond any schema or conversation, and far below where recursion runs out of stack. */
const deepestNesting = 256;

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

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  // Without the array that `Object.values` makes of each object: half the cost.
  for (const key in value) {
    if (isDeeper((value as Record<string, unknown>)[key], levels - 1)) return true;
  }
  return false;
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

function readBytes(req: IncomingMessage, limitBytes: number, signal: AbortSignal): Promise<Buffer> {
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
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
