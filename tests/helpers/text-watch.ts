/** Waits for a text to appear in what a program prints, without asking again and again. */

export interface TextWatch {
  add(text: string): void;
  /** The program is over: whoever still waits gets an error with what was printed. */
  end(): void;
  /** Resolves when all that was printed so far matches. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
}

interface Waiter {
  readonly pattern: RegExp;
  resolve(match: RegExpExecArray): void;
  reject(error: Error): void;
}

export function createTextWatch(): TextWatch {
  let text = "";
  let ended = false;
  const waiters = new Set<Waiter>();
  const check = (waiter: Waiter): void => {
    const match = waiter.pattern.exec(text);
    if (match === null && !ended) return;
    waiters.delete(waiter);
    if (match !== null) waiter.resolve(match);
    else waiter.reject(new Error(`Ended without ${waiter.pattern}. It printed:\n${text}`));
  };
  const checkAll = (): void => {
    for (const waiter of waiters) check(waiter);
  };
  return {
    add(more) {
      text += more;
      checkAll();
    },
    end() {
      ended = true;
      checkAll();
    },
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const waiter = { pattern, resolve, reject };
        waiters.add(waiter);
        check(waiter);
      }),
  };
}
