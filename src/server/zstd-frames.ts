/**
 * Looks through zstd frames before they are decoded (RFC 8878 3.1), because a decoder believes their
 * headers: ten bytes may ask for a gigabyte. Reads headers and sizes only; decodes nothing, and does
 * not bound the time that decoding takes.
 */

export type ZstdProblem = "damaged" | "too_large" | "window_too_large" | "too_many_pieces";

/** HTTP allows no larger window (RFC 9659). It is what is held for looking back, not the body's size. */
const largestWindow = 8 * 1024 * 1024;
const largestBlock = 128 * 1024;

/** A block is 128 KiB, less where an encoder was flushed; ten million empty ones fit into 32 MB. */
const mostBlocks = 100_000;
/** Encoders make one, or one for each of some megabytes. Each makes room for its window. */
const mostFrames = 1_000;

interface Header {
  /** Where its blocks begin. */
  readonly start: number;
  readonly window: number;
  readonly isSingleSegment: boolean;
  readonly hasChecksum: boolean;
}

/** The frames, without what is to be skipped between them; or why they are not to be decoded. */
export function splitZstd(bytes: Buffer, limitBytes: number): readonly Buffer[] | ZstdProblem {
  const frames: Buffer[] = [];
  let blocksLeft = mostBlocks;
  let at = 0;
  // What is skipped may be eight bytes long, four million times.
  for (let pieces = 0; at < bytes.length; pieces += 1) {
    if (pieces === mostFrames) return "too_many_pieces";
    if (bytes.length - at < 8) return "damaged";
    const magic = bytes.readUInt32LE(at);
    if (magic >>> 4 === 0x184d2a5) {
      at += 8 + bytes.readUInt32LE(at + 4);
      continue;
    }
    const header = magic === 0xfd2fb528 ? readHeader(bytes, at, limitBytes) : "damaged";
    if (typeof header === "string") return header;
    const blocks = walkBlocks(bytes, header, blocksLeft);
    if (typeof blocks === "string") return blocks;
    // A frame of one segment gets a buffer of its claimed size: its blocks must be able to fill it.
    if (header.isSingleSegment && blocks.most < header.window) return "damaged";
    blocksLeft -= blocks.count;
    const end = blocks.end + (header.hasChecksum ? 4 : 0);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return at === bytes.length && at > 0 ? frames : "damaged";
}

function readHeader(bytes: Buffer, at: number, limitBytes: number): Header | ZstdProblem {
  const flags = bytes[at + 4] ?? 0;
  const isSingleSegment = (flags & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  const dictionaryAt = at + (isSingleSegment ? 5 : 6);
  const sizeAt = dictionaryAt + dictionaryBytes;
  const start = sizeAt + sizeBytes;
  // Bit 3 is reserved, and there is no dictionary that a client could mean.
  if (start > bytes.length || (flags & 8) !== 0) return "damaged";
  if (bytes.subarray(dictionaryAt, sizeAt).some((byte) => byte !== 0)) return "damaged";
  const size = sizeOf(bytes, sizeAt, sizeBytes);
  if (size > limitBytes) return "too_large";
  const window = isSingleSegment ? size : windowOf(bytes[at + 5] ?? 0);
  if (!isSingleSegment && window > largestWindow) return "window_too_large";
  return { start, window, isSingleSegment, hasChecksum: (flags & 4) !== 0 };
}

function sizeOf(bytes: Buffer, at: number, length: number): number {
  if (length === 0) return 0;
  if (length === 8) return Number(bytes.readBigUInt64LE(at));
  return bytes.readUIntLE(at, length) + (length === 2 ? 256 : 0);
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** To the end of the frame, unless it is cut off or has blocks that no encoder makes. */
function walkBlocks(
  bytes: Buffer,
  { start, window }: Header,
  mostCount: number,
): { readonly end: number; readonly count: number; readonly most: number } | ZstdProblem {
  const blockLimit = Math.min(window, largestBlock);
  let at = start;
  let most = 0;
  for (let count = 1; at + 3 <= bytes.length; count += 1) {
    if (count > mostCount) return "too_many_pieces";
    const header = bytes.readUIntLE(at, 3);
    const type = (header >> 1) & 3;
    const size = header >> 3;
    const isCompressed = type === 2;
    if (type === 3 || size > (isCompressed ? largestBlock : blockLimit)) return "damaged";
    // One repeated byte is there once, however often it stands for itself.
    at += 3 + (type === 1 ? 1 : size);
    most += isCompressed ? blockLimit : size;
    if ((header & 1) === 1) return at > bytes.length ? "damaged" : { end: at, count, most };
  }
  return "damaged";
}
