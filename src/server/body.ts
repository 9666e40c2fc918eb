/**
 * Reads a JSON request body from the socket: once, bounded while it comes in. A refusal leaves the
 * rest unread, and the exchange then closes the connection.
 */
import type { IncomingMessage } from "node:http";
import { RelayError } from "../errors.ts";

export async function readJsonBody(req: IncomingMessage, limitBytes: number): Promise<unknown> {
  requireJson(req);
  const declared = Number(req.headers["content-length"] ?? 0);
  if (declared > limitBytes) throw tooLarge(limitBytes);
  const text = await readText(req, limitBytes);
  if (text.trim() === "") {
    throw new RelayError("invalid_json", "The request body is empty; a JSON object is expected.");
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "it cannot be parsed";
    throw new RelayError("invalid_json", `The request body is not valid JSON: ${reason}`);
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
  const encoding = req.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") {
    throw new RelayError(
      "unsupported_media_type",
      `The \`content-encoding\` \`${encoding.slice(0, 100)}\` is not supported; send the body uncompressed.`,
    );
  }
}

function readText(req: IncomingMessage, limitBytes: number): Promise<string> {
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
      resolve((parts.length === 1 && only ? only : Buffer.concat(parts)).toString("utf8"));
    });
    req.on("error", reject);
  });
}

function tooLarge(limitBytes: number): RelayError {
  return new RelayError(
    "request_too_large",
    `The request body is larger than ${limitBytes} bytes, the limit set by \`server.max_body_bytes\`.`,
  );
}
