/**
 * A zip file of a few texts (PKWARE's APPNOTE, 4.3). By hand: eighty lines, where a package would be
 * thousands for what a report does not need, reading, streams, encryption.
 */
import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  /** With slashes, and none in front. */
  readonly name: string;
  readonly text: string;
}

const deflated = 8;
/** Names are UTF-8. */
const utf8 = 0x0800;
const version = 20;
/** A file that its owner may read, for systems that have modes. */
const attributes = (0o100600 << 16) >>> 0;
const madeOnUnix = (3 << 8) | version;

/** The zip file; `at` is when its files say that they were written, in UTC. */
export function toZip(entries: readonly ZipEntry[], at: number): Buffer {
  const stamp = dosTime(at);
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, text } of entries) {
    const path = Buffer.from(name, "utf8");
    const plain = Buffer.from(text, "utf8");
    const packed = deflateRawSync(plain);
    const common = numbers([
      [2, version],
      [2, utf8],
      [2, deflated],
      [2, stamp.time],
      [2, stamp.date],
      [4, crc32(plain)],
      [4, packed.length],
      [4, plain.length],
      [2, path.length],
      [2, 0],
    ]);
    const local = Buffer.concat([numbers([[4, 0x04034b50]]), common, path, packed]);
    // No comment, the first disk, a binary file.
    const entry = numbers([
      [2, 0],
      [2, 0],
      [2, 0],
      [4, attributes],
      [4, offset],
    ]);
    const begin = numbers([
      [4, 0x02014b50],
      [2, madeOnUnix],
    ]);
    directory.push(begin, common, entry, path);
    files.push(local);
    offset += local.length;
  }
  const index = Buffer.concat(directory);
  const end = numbers([
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, entries.length],
    [2, entries.length],
    [4, index.length],
    [4, offset],
    [2, 0],
  ]);
  return Buffer.concat([...files, index, end]);
}

/** Little-endian numbers of so many bytes, one after the other. */
function numbers(fields: readonly (readonly [bytes: 2 | 4, value: number])[]): Buffer {
  return Buffer.concat(
    fields.map(([bytes, value]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntLE(value, 0, bytes);
      return field;
    }),
  );
}

/** The calendar of FAT, which begins in 1980 and knows every second second. */
function dosTime(at: number): { readonly time: number; readonly date: number } {
  const moment = new Date(at);
  const [year, month, day] = [
    moment.getUTCFullYear(),
    moment.getUTCMonth() + 1,
    moment.getUTCDate(),
  ];
  const [hour, minute] = [moment.getUTCHours(), moment.getUTCMinutes()];
  return {
    time: (hour << 11) | (minute << 5) | (moment.getUTCSeconds() >> 1),
    date: (Math.max(0, year - 1980) << 9) | (month << 5) | day,
  };
}
