/**
 * What a connection remembers so that the next request may go on from the last answer with
 * `store: false`: the newest turn of each lane, in memory, until the connection closes.
 */
import type { Chain } from "../../pipeline/hydrate.ts";
import type { StoredTurn } from "../../storage/responses.ts";

export interface ChainMemory {
  /** The memory as one turn of the lane sees it. */
  turnOf(lane: string): TurnChain;
  clear(): void;
}

export interface TurnChain extends Chain {
  /** The turn failed: what it went on from is forgotten, and the client sends everything again. */
  fail(): void;
}

interface Remembered {
  readonly turn: StoredTurn;
  readonly bytes: number;
}

export function createChainMemory({ maxBytes }: { readonly maxBytes: number }): ChainMemory {
  /** By lane, the oldest first. */
  const newest = new Map<string, Remembered>();
  let bytes = 0;

  const forget = (lane: string): void => {
    bytes -= newest.get(lane)?.bytes ?? 0;
    newest.delete(lane);
  };
  const laneOf = (id: string): string | undefined =>
    [...newest].find(([, { turn }]) => turn.id === id)?.[0];

  return {
    turnOf(lane) {
      let from: string | undefined;
      return {
        terms: "a connection remembers its newest answer",
        get(id) {
          const holder = laneOf(id);
          if (holder === undefined) return undefined;
          from = id;
          return newest.get(holder)?.turn;
        },
        put(turn) {
          forget(lane);
          const size = sizeOf(turn);
          if (size > maxBytes) return;
          newest.set(lane, { turn, bytes: size });
          bytes += size;
          for (const [oldest] of newest) {
            if (bytes <= maxBytes) break;
            forget(oldest);
          }
        },
        fail() {
          const holder = from === undefined ? undefined : laneOf(from);
          if (holder !== undefined) forget(holder);
        },
      };
    },
    clear() {
      newest.clear();
      bytes = 0;
    },
  };
}

/** Its text, which is nearly all of it; a few milliseconds for a megabyte, once a turn. */
function sizeOf({ input, output }: StoredTurn): number {
  return JSON.stringify(input).length + JSON.stringify(output).length;
}
