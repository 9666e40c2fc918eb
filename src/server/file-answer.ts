/**
 * An answer that is a file: its bytes go from the disk to the socket as fast as the client takes
 * them. Always a download of opaque bytes, because a page opened from this address could do whatever
 * its content says (stored XSS).
 */
import type { ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Headers } from "../pipeline/answer-headers.ts";

export interface FileAnswer {
  readonly kind: "file";
  readonly headers: Headers;
  readonly bytes: number;
  open(): Readable;
}

export function toFileAnswer(filename: string, bytes: number, open: () => Readable): FileAnswer {
  return {
    kind: "file",
    headers: {
      "content-type": "application/octet-stream",
      "content-disposition": disposition(filename),
      "x-content-type-options": "nosniff",
    },
    bytes,
    open,
  };
}

/** Sends it and resolves when the last byte is out. Rejects when the file or the client breaks off. */
export async function sendFile(
  res: ServerResponse,
  { headers, bytes, open }: FileAnswer,
  baseHeaders: Headers = {},
): Promise<void> {
  res.writeHead(200, { ...baseHeaders, ...headers, "content-length": String(bytes) });
  if (res.req.method === "HEAD") res.end();
  else await pipeline(open(), res);
}

/** Both forms of RFC 6266: a plain ASCII name for old clients, the real one in UTF-8. */
function disposition(filename: string): string {
  const plain = filename.replaceAll(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(filename).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
