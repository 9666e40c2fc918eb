/**
 * Request bodies that come compressed, as coding tools send theirs: gzip, br, deflate and zstd, one
 * layer, off the event loop (Node's thread pool; `zstd.ts` for zstd), the decoded size bounded while
 * it grows, so that a small body cannot become a large one.
 */
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { RelayError } from "../errors.ts";
import { notAsSaid, tooLarge } from "./decode-refusals.ts";
import type { Zstd } from "./zstd.ts";

export type Decode = (bytes: Buffer, limitBytes: number) => Promise<Buffer>;

/** Throws for an encoding that is not known, before the body is read. */
export type DecoderOf = (contentEncoding: string | undefined) => Decode;

const gunzip = promisify(zlib.gunzip);
const inflate = promisify(zlib.inflate);
const brotli = promisify(zlib.brotliDecompress);

export function createDecoders(zstd: Pick<Zstd, "decode">): DecoderOf {
  const decoders: ReadonlyMap<string, Decode> = new Map<string, Decode>([
    ["identity", async (bytes) => bytes],
    ["gzip", (bytes, limit) => gunzip(bytes, { maxOutputLength: limit })],
    ["x-gzip", (bytes, limit) => gunzip(bytes, { maxOutputLength: limit })],
    ["deflate", (bytes, limit) => inflate(bytes, { maxOutputLength: limit })],
    ["br", (bytes, limit) => brotli(bytes, { maxOutputLength: limit })],
    ["zstd", (bytes, limit) => zstd.decode(bytes, limit)],
  ]);
  return (contentEncoding) => {
    const name = (contentEncoding ?? "").trim().toLowerCase() || "identity";
    const decode = decoders.get(name);
    if (decode !== undefined) return explained(decode);
    throw new RelayError(
      "unsupported_media_type",
      `The \`content-encoding\` \`${name.slice(0, 100)}\` is not supported; one of gzip, br, deflate and zstd is.`,
    );
  };
}

/** Names what is wrong with a body that does not decode, or is too large when it does. */
function explained(decode: Decode): Decode {
  return async (bytes, limitBytes) => {
    try {
      return await decode(bytes, limitBytes);
    } catch (error) {
      if (error instanceof RelayError) throw error;
      if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
        throw tooLarge(limitBytes);
      throw notAsSaid(error);
    }
  };
}
