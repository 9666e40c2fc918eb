/** Reads a request body: bounded, content encoding undone, as text. */
import type { IncomingMessage } from "node:http";
import * as zlib from "node:zlib";
import { gatewayRefusal, type WholeAnswer } from "./exchange.ts";

/** A long conversation with images in it stays below; a mistake does not fill the memory. */
const largest = 64 * 1024 * 1024;

type Decoder = (bytes: Buffer, options: { maxOutputLength: number }) => Buffer;

/** The body as text, or the answer that refuses it. Rejects when the client leaves first. */
export async function readText(request: IncomingMessage): Promise<string | WholeAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving the loop must not destroy the connection: the refusal goes out on it.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes: Buffer = Buffer.from(chunk);
    length += bytes.length;
    if (length > largest) return gatewayRefusal("Payload Too Large", 413);
    chunks.push(bytes);
  }
  const raw = Buffer.concat(chunks);
  const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding === "identity" || raw.length === 0) return raw.toString("utf8");
  const decoder = decoderOf(encoding);
  if (decoder === undefined) {
    return gatewayRefusal(
      `Unsupported content encoding: ${encoding}. This Node.js can undo: ${encodings().join(", ")}.`,
      415,
    );
  }
  try {
    return decoder(raw, { maxOutputLength: largest }).toString("utf8");
  } catch {
    // Not in the encoding that it claims, or too large once unpacked: the client's mistake.
    return gatewayRefusal("Bad Request");
  }
}

function encodings(): string[] {
  return ["gzip", "deflate", "br", "zstd"].filter((name) => decoderOf(name) !== undefined);
}

function decoderOf(encoding: string): Decoder | undefined {
  switch (encoding) {
    case "gzip":
      return zlib.gunzipSync;
    case "deflate":
      return zlib.inflateSync;
    case "br":
      return zlib.brotliDecompressSync;
    case "zstd":
      return zstd();
    default:
      return undefined;
  }
}

function zstd(): Decoder | undefined {
  // Node 22.15 has it, Node 20 does not, and neither do the types of Node 20.
  const found: unknown = Reflect.get(zlib, "zstdDecompressSync");
  return typeof found === "function" ? (found as Decoder) : undefined;
}
