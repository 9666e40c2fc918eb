/**
 * Request bodies that come compressed, as coding tools send theirs: gzip, br, deflate and zstd, one
 * layer, the decoded size bounded while it grows, so that a small body cannot become a large one.
 */
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { RelayError } from "../errors.ts";
import { inspectZstd, type ZstdProblem } from "./zstd-frames.ts";

type Decode = (bytes: Buffer, limitBytes: number) => Promise<Buffer>;

const gunzip = promisify(zlib.gunzip);
const inflate = promisify(zlib.inflate);
const brotli = promisify(zlib.brotliDecompress);

const decoders: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ["identity", async (bytes) => bytes],
  ["gzip", (bytes, limit) => gunzip(bytes, { maxOutputLength: limit })],
  ["x-gzip", (bytes, limit) => gunzip(bytes, { maxOutputLength: limit })],
  ["deflate", (bytes, limit) => inflate(bytes, { maxOutputLength: limit })],
  ["br", (bytes, limit) => brotli(bytes, { maxOutputLength: limit })],
  ["zstd", unzstd],
]);

/** Throws for an encoding that is not known, before the body is read. */
export function decoderOf(contentEncoding: string | undefined): Decode {
  const name = (contentEncoding ?? "").trim().toLowerCase() || "identity";
  const decode = decoders.get(name);
  if (decode !== undefined) return decode;
  throw new RelayError(
    "unsupported_media_type",
    `The \`content-encoding\` \`${name.slice(0, 100)}\` is not supported; one of gzip, br, deflate and zstd is.`,
  );
}

/** Names what is wrong with a body that does not decode, or is too large when it does. */
export async function decodeBody(
  decode: Decode,
  bytes: Buffer,
  limitBytes: number,
): Promise<Buffer> {
  try {
    return await decode(bytes, limitBytes);
  } catch (error) {
    if (error instanceof RelayError) throw error;
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw tooLarge(limitBytes);
    throw notAsSaid(error);
  }
}

export function tooLarge(limitBytes: number): RelayError {
  return new RelayError(
    "request_too_large",
    `The request body is larger than ${limitBytes} bytes, the limit set by \`server.max_body_bytes\`.`,
  );
}

/** Node has zstd from 22.15 on; before that a decoder in JavaScript does it, block by block. */
async function unzstd(bytes: Buffer, limitBytes: number): Promise<Buffer> {
  const problem = inspectZstd(bytes, limitBytes);
  if (problem !== undefined) throw zstdRefusals[problem](limitBytes);
  const { Decompress } = await import("fzstd");
  const parts: Uint8Array[] = [];
  let size = 0;
  const stream = new Decompress((part) => {
    size += part.length;
    if (size > limitBytes) throw tooLarge(limitBytes);
    parts.push(part);
  });
  stream.push(bytes, true);
  return Buffer.concat(parts);
}

const zstdRefusals: Readonly<Record<ZstdProblem, (limitBytes: number) => RelayError>> = {
  damaged: () => notAsSaid(),
  too_large: tooLarge,
  window_too_large: () =>
    new RelayError(
      "invalid_request",
      "The request body asks for a zstd window of more than 8 MiB, the most that HTTP allows (RFC 9659). Compress it with a smaller one.",
    ),
  too_many_blocks: () =>
    new RelayError(
      "invalid_request",
      "The request body is cut into too many zstd blocks. Compress it in one piece.",
    ),
};

function notAsSaid(cause?: unknown): RelayError {
  return new RelayError(
    "invalid_request",
    "The request body is not compressed as its `content-encoding` says.",
    { cause },
  );
}
