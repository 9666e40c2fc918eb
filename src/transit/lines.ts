/**
 * The lines of a log file, found from either end without holding more than a piece of it: where each
 * one is and how it begins. Whole lines are read by whoever needs them, because one may be megabytes.
 */
import type { FileHandle } from "node:fs/promises";

/** A line that ends in a line break, which is not part of it. */
export interface Line {
  readonly start: number;
  readonly end: number;
  readonly head: LineHead | undefined;
}

/** What every record begins with. Undefined for a damaged line, or one that this relay did not write. */
export interface LineHead {
  readonly loggedAt: number;
  readonly requestId: string | null;
  readonly phase: string;
}

const pieceBytes = 256 * 1024;
/** As much as a head can take. */
const headBytes = 320;
const lineBreak = 0x0a;

/** From `end` to the beginning of the file; what stands after the last line break is not a line yet. */
export async function* linesBackwards(file: FileHandle, end: number): AsyncGenerator<Line> {
  let lineEnd: number | undefined;
  let beyond: Buffer = Buffer.alloc(0);
  for (let stop = end; stop > 0; ) {
    const start = Math.max(0, stop - pieceBytes);
    const piece = await readBytes(file, start, stop);
    // A line that begins at the end of the piece has its head in the one after it.
    const text = Buffer.concat([piece, beyond]);
    const found: Line[] = [];
    for (let at = piece.lastIndexOf(lineBreak); at >= 0; ) {
      if (lineEnd !== undefined) found.push(toLine(text, at + 1, lineEnd - start, start));
      lineEnd = start + at;
      at = at === 0 ? -1 : piece.lastIndexOf(lineBreak, at - 1);
    }
    yield* found;
    beyond = Buffer.from(text.subarray(0, headBytes));
    stop = start;
    if (start === 0 && lineEnd !== undefined) yield toLine(text, 0, lineEnd, 0);
  }
}

/** From `start` to `end`. */
export async function* linesForwards(
  file: FileHandle,
  start: number,
  end: number,
): AsyncGenerator<Line> {
  let lineStart = start;
  let headText: Buffer = Buffer.alloc(0);
  for (let from = start; from < end; ) {
    const piece = await readBytes(file, from, Math.min(end, from + pieceBytes));
    if (piece.length === 0) return;
    let rest = 0;
    for (let at = piece.indexOf(lineBreak); at >= 0; at = piece.indexOf(lineBreak, rest)) {
      const begun = Buffer.concat([headText, piece.subarray(rest, rest + headBytes)]);
      yield toLine(begun, 0, from + at - lineStart, lineStart);
      headText = Buffer.alloc(0);
      rest = at + 1;
      lineStart = from + rest;
    }
    const tail = piece.subarray(rest, rest + headBytes);
    headText = Buffer.concat([headText, tail]).subarray(0, headBytes);
    from += piece.length;
  }
}

/** The bytes as they are; fewer where the file has become shorter. */
export async function readBytes(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(end - start);
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

function toLine(text: Buffer, start: number, end: number, offset: number): Line {
  const head = text.toString("latin1", start, Math.min(end, start + headBytes));
  return { start: offset + start, end: offset + end, head: readHead(head) };
}

/** As `entry.ts` writes it; a test holds the two together. */
const headPattern =
  /^\{"logged_at":"([^"\\]{1,40})","request_id":(?:"([^"\\]{1,100})"|null),"phase":"([^"\\]{1,60})"/;

function readHead(text: string): LineHead | undefined {
  const [, moment = "", requestId = null, phase = ""] = headPattern.exec(text) ?? [];
  const loggedAt = Date.parse(moment);
  return Number.isNaN(loggedAt) ? undefined : { loggedAt, requestId, phase };
}
