/**
 * The clock of all paced streams: each gets a turn every 20 ms, and their turns are spread evenly over
 * those 20 ms, because streams that fire together would measure a queue and not a relay.
 */

/** Takes a turn; false when it was the last. */
type Turn = () => boolean;

const pace = 20;

export function createPacer(): (turn: Turn) => void {
  const slots: Set<Turn>[] = Array.from({ length: pace }, () => new Set());
  let added = 0;
  let running = 0;
  let due = 0;
  let timer: NodeJS.Timeout | undefined;

  const tick = (): void => {
    const now = Math.floor(performance.now());
    for (; due <= now; due += 1) {
      const slot = slots[due % pace] ?? new Set();
      for (const turn of slot) {
        if (turn()) continue;
        slot.delete(turn);
        running -= 1;
      }
    }
    if (running > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  return (turn) => {
    slots[added % pace]?.add(turn);
    added += 1;
    running += 1;
    if (timer !== undefined) return;
    due = Math.floor(performance.now());
    timer = setInterval(tick, 1);
  };
}
