/**
 * The requests that run, whatever carries them, and how they end when the relay stops: nothing new
 * is taken, what runs may go on for a while, and what is left then is told so in its own dialect.
 * Knows no socket.
 */
import { RelayError } from "../errors.ts";
import type { RequestScope } from "../scope.ts";

export interface Running {
  readonly count: number;
  readonly isStopping: boolean;
  /** Counts the request until its scope closes. */
  add(scope: RequestScope): void;
  /**
   * Takes no more, and resolves when nothing runs. What runs after the time is aborted with the
   * error for its client; what does not heed that within `tellingMs` is not waited for.
   */
  stop(drainMs: number): Promise<void>;
}

/** How long the error of an answer that is cut may take on its way. */
export const tellingMs = 1_000;

export function createRunning(): Running {
  // No Set: each time that it makes itself a new table, V8's old one keeps the requests that were in it
  // until the next full collection, which doubled what every small one had to copy.
  const scopes: RequestScope[] = [];
  let isStopping = false;
  let onIdle: (() => void)[] = [];
  return {
    get count() {
      return scopes.length;
    },
    get isStopping() {
      return isStopping;
    },
    add(scope) {
      scopes.push(scope);
      scope.onClose(() => {
        scopes.splice(scopes.indexOf(scope), 1);
        if (scopes.length > 0) return;
        for (const settle of onIdle.splice(0)) settle();
      });
    },
    async stop(drainMs) {
      isStopping = true;
      if (scopes.length === 0) return;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        onIdle = [...onIdle, resolve];
        timer = setTimeout(() => {
          for (const scope of [...scopes]) scope.abort(relayStopping());
          timer = setTimeout(resolve, tellingMs);
        }, drainMs);
      });
      clearTimeout(timer);
    },
  };
}

/** Also the answer to whoever asks meanwhile. */
export function relayStopping(): RelayError {
  return new RelayError("relay_stopping", "The relay was stopped. Ask again when it runs.", {
    retryAfterSeconds: 1,
    headers: { connection: "close" },
  });
}
