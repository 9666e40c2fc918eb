/** Timers that a test runs out itself, so that no test waits and none is in a hurry. */

export interface ManualTimer {
  readonly start: (expire: () => void) => () => void;
  /** Runs out the timer that runs; waits until one does. */
  expire(): Promise<void>;
}

export function createManualTimer(): ManualTimer {
  const running = new Set<() => void>();
  let onStart = (): void => undefined;
  return {
    start(expire) {
      running.add(expire);
      onStart();
      return () => running.delete(expire);
    },
    async expire() {
      while (running.size === 0) {
        await new Promise<void>((resolve) => {
          onStart = resolve;
        });
      }
      for (const expire of [...running]) expire();
    },
  };
}
