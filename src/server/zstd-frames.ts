/**
 * Looks through zstd frames before they are decoded (RFC 8878 3.1), because a decoder believes their
 * headers: ten bytes may ask for a gigabyte. Reads headers and sizes only; decodes nothing.
 */

export type ZstdProblem = "damaged" | "too_large" | "window_too_large" | "too_many_blocks";

/** HTTP allows no larger window (RFC 9659). It is what is held for looking back, not the body's size. */
const largestWindow = 8 * 1024 * 1024;
const largestBlock = 128 * 1024;

interface Frame {
  /** Where its blocks begin. */
  readonly start: number;
  readonly window: number;
  readonly isSingleSegment: boolean;
  readonly hasChecksum: boolean;
}

/** Why the bytes are not to be decoded; undefined when nothing speaks against it. */
export function inspectZstd(bytes: Buffer, limitBytes: number): ZstdProblem | undefined {
  // fzstd moves its whole window for every block. So much moving do the largest body and window
  // need when they are cut into whole blocks; a million blocks of a byte would take hours.
  let work = (limitBytes + largestWindow) * (largestWindow / largestBlock);
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 8) return "damaged";
    const magic = bytes.readUInt32LE(at);
    if (magic >>> 4 === 0x184d2a5) {
      at += 8 + bytes.readUInt32LE(at + 4);
      continue;
    }
    const frame = magic === 0xfd2fb528 ? readHeader(bytes, at, limitBytes) : "damaged";
    if (typeof frame === "string") return frame;
    const blocks = walkBlocks(bytes, frame);
    if (blocks === undefined) return "damaged";
    // A frame of one segment gets a buffer of its claimed size: its blocks must be able to fill it.
    if (frame.isSingleSegment && blocks.most < frame.window) return "damaged";
    work -= (blocks.count + 1) * Math.max(frame.window, largestBlock);
    if (work < 0) return "too_many_blocks";
    at = blocks.end + (frame.hasChecksum ? 4 : 0);
  }
  return at === bytes.length && at > 0 ? undefined : "damaged";
}

function readHeader(bytes: Buffer, at: number, limitBytes: number): Frame | ZstdProblem {
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

/** To the end of the frame; undefined when it is cut off or has blocks that no encoder makes. */
function walkBlocks(
  bytes: Buffer,
  { start, window }: Frame,
): { readonly end: number; readonly count: number; readonly most: number } | undefined {
  const blockLimit = Math.min(window, largestBlock);
  let at = start;
  let most = 0;
  for (let count = 1; at + 3 <= bytes.length; count += 1) {
    const header = bytes.readUIntLE(at, 3);
    const type = (header >> 1) & 3;
    const size = header >> 3;
    const isCompressed = type === 2;
    if (type === 3 || size > (isCompressed ? largestBlock : blockLimit)) return undefined;
    // One repeated byte is there once, however often it stands for itself.
    at += 3 + (type === 1 ? 1 : size);
    most += isCompressed ? blockLimit : size;
    if ((header & 1) === 1) return at > bytes.length ? undefined : { end: at, count, most };
  }
  return undefined;
}
