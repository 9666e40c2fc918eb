/**
 * zstd bodies: looked through first, then decoded off the event loop, by Node itself where it can
 * (22.15 and later) and by a worker thread where it cannot.
 */
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { RelayError } from "../errors.ts";
import { notAsSaid, tooLarge } from "./decode-refusals.ts";
import { splitZstd, type ZstdProblem } from "./zstd-frames.ts";
import { createZstdWorker, type FrameDecoder } from "./zstd-worker.ts";

export interface Zstd {
  decode(bytes: Buffer, limitBytes: number): Promise<Buffer>;
  /** What still runs fails. */
  close(): Promise<void>;
}

export function createZstd(decoder: FrameDecoder = createNative() ?? createZstdWorker()): Zstd {
  return {
    async decode(bytes, limitBytes) {
      const frames = splitZstd(bytes, limitBytes);
      if (typeof frames === "string") throw refusals[frames](limitBytes);
      return decoder.decode(frames, limitBytes);
    },
    close: () => decoder.close(),
  };
}

type Unzstd = (
  frame: Buffer,
  options: { readonly maxOutputLength: number; readonly params: Record<number, number> },
) => Promise<Buffer>;

/** Node's own, in its thread pool: no frame keeps it longer than its output may be long. */
function createNative(): FrameDecoder | undefined {
  // The types of Node 20 do not know it.
  const found: unknown = Reflect.get(zlib, "zstdDecompress");
  if (typeof found !== "function") return undefined;
  const unzstd = promisify(found as typeof zlib.gunzip) as Unzstd;
  const windowLogMax: unknown = Reflect.get(zlib.constants, "ZSTD_d_windowLogMax");
  // Node allows 128 MiB, and the window of a frame of one segment is its whole content.
  const params = { [Number(windowLogMax)]: 30 };
  return {
    async decode(frames, limitBytes) {
      const parts: Buffer[] = [];
      let left = limitBytes;
      // One by one: Node stops after the first frame and says nothing of the rest.
      for (const frame of frames) {
        const part = await unzstd(frame, { maxOutputLength: Math.max(1, left), params });
        left -= part.length;
        if (left < 0) throw tooLarge(limitBytes);
        parts.push(part);
      }
      return Buffer.concat(parts);
    },
    close: async () => undefined,
  };
}

const refusals: Readonly<Record<ZstdProblem, (limitBytes: number) => RelayError>> = {
  damaged: () => notAsSaid(),
  too_large: tooLarge,
  window_too_large: () =>
    new RelayError(
      "invalid_request",
      "The request body asks for a zstd window of more than 8 MiB, the most that HTTP allows (RFC 9659). Compress it with a smaller one.",
    ),
  too_many_pieces: () =>
    new RelayError(
      "invalid_request",
      "The request body is cut into too many zstd frames or blocks. Compress it in one piece.",
    ),
};
