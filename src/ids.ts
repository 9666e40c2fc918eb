/** Random identifiers, cut from one block of random bytes after the other. */
import type { Ids } from "./scope.ts";

const idBytes = 16;
/** Sixteen bytes asked for by themselves cost six times as much. */
const blockBytes = 256 * idBytes;

export function createIds(randomBytes: (size: number) => Buffer): Ids {
  let block: Buffer = Buffer.alloc(0);
  let at = 0;
  return {
    next() {
      if (at === block.length) {
        block = randomBytes(blockBytes);
        at = 0;
      }
      at += idBytes;
      return block.toString("hex", at - idBytes, at);
    },
  };
}
