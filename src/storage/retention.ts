/**
 * Which of the things kept have to go: those past their age, and the oldest while there are too many
 * or too much of them. Bookkeeping only; whoever keeps them removes what is named here.
 */

export interface RetentionLimits {
  readonly maxCount: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

export interface Retention {
  has(id: string): boolean;
  /** Counts a thing as the newest, and names what has to go. The thing itself must fit. */
  add(id: string, bytes: number, at: number, now: number): readonly string[];
  remove(id: string): void;
  /** Names what has become too old, and forgets it. */
  expire(now: number): readonly string[];
  newestFirst(): readonly string[];
}

export function createRetention({ maxCount, maxBytes, maxAgeMs }: RetentionLimits): Retention {
  // In the order of age: things are added as they come.
  const kept = new Map<string, { readonly bytes: number; readonly at: number }>();
  let total = 0;
  const remove = (id: string): void => {
    total -= kept.get(id)?.bytes ?? 0;
    kept.delete(id);
  };
  const dropWhile = (isDue: (at: number) => boolean): string[] => {
    const dropped: string[] = [];
    for (const [id, { at }] of kept) {
      if (!isDue(at)) break;
      remove(id);
      dropped.push(id);
    }
    return dropped;
  };
  return {
    has: (id) => kept.has(id),
    add(id, bytes, at, now) {
      remove(id);
      kept.set(id, { bytes, at });
      total += bytes;
      return dropWhile(
        (each) => kept.size > maxCount || total > maxBytes || now - each >= maxAgeMs,
      );
    },
    remove,
    expire: (now) => dropWhile((at) => now - at >= maxAgeMs),
    newestFirst: () => [...kept.keys()].reverse(),
  };
}
