/** zstd frames made by hand, well-formed or not: Node 20 cannot write any. */

const magic = [0x28, 0xb5, 0x2f, 0xfd];

/** A block without its header: its type and size, and the bytes that follow. */
export interface Block {
  readonly type: 0 | 1 | 2 | 3;
  readonly size: number;
  readonly bytes: Buffer;
}

/** A block that is not compressed. */
export function rawBlock(text: string): Block {
  const bytes = Buffer.from(text);
  return { type: 0, size: bytes.length, bytes };
}

/** One byte that stands for many. */
export function repeatedBlock(size: number, byte = 0x20): Block {
  return { type: 1, size, bytes: Buffer.from([byte]) };
}

export interface FrameFacts {
  /** The window descriptor of a frame with a window; without it the frame is of one segment. */
  readonly window?: number;
  /** What the frame says that its content is long, when that is not true. */
  readonly size?: number;
  readonly dictionary?: number;
}

/** A frame of these blocks, with four bytes for the size of its content unless it has a window. */
export function zstd(blocks: readonly Block[], facts: FrameFacts = {}): Buffer {
  const { window, dictionary, size = blocks.reduce((sum, block) => sum + block.size, 0) } = facts;
  const hasSize = window === undefined || facts.size !== undefined;
  const flags =
    (hasSize ? 0x80 : 0) | (window === undefined ? 0x20 : 0) | (dictionary === undefined ? 0 : 1);
  const sizeBytes = Buffer.alloc(hasSize ? 4 : 0);
  if (hasSize) sizeBytes.writeUInt32LE(size);
  const written = (blocks.length === 0 ? [rawBlock("")] : blocks).flatMap(
    ({ type, size: length, bytes }, index, all) => {
      const header = Buffer.alloc(3);
      header.writeUIntLE((length << 3) | (type << 1) | (index === all.length - 1 ? 1 : 0), 0, 3);
      return [header, bytes];
    },
  );
  return Buffer.concat([
    Buffer.from([
      ...magic,
      flags,
      ...(window === undefined ? [] : [window]),
      ...(dictionary === undefined ? [] : [dictionary]),
    ]),
    sizeBytes,
    ...written,
  ]);
}

/**
 * A block of 98,047 copies of 64 KiB each, where 128 KiB is all that a block may hold: fzstd makes
 * them all, which takes some ten seconds.
 */
export function endlessBlock(): Block {
  // One literal; the number of copies; each code stands for all of them: no literals, the last
  // distance, the longest copy; the end of the bits, which may be read beyond.
  const bytes = Buffer.from([0x08, 0x78, 0xff, 0xff, 0xff, 0x54, 0, 0, 52, 1]);
  return { type: 2, size: bytes.length, bytes };
}

/** What a decoder skips. */
export function skippable(text: string): Buffer {
  const header = Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
  header.writeUInt32LE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}
