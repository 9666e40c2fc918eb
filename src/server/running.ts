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
  const scopes = new Set<RequestScope>();
  let isStopping = false;
  let onIdle: (() => void)[] = [];
  return {
    get count() {
      return scopes.size;
    },
    get isStopping() {
      return isStopping;
    },
    add(scope) {
      scopes.add(scope);
      scope.onClose(() => {
        scopes.delete(scope);
        if (scopes.size > 0) return;
        for (const settle of onIdle.splice(0)) settle();
      });
    },
    async stop(drainMs) {
      isStopping = true;
      if (scopes.size === 0) return;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        onIdle = [...onIdle, resolve];
        timer = setTimeout(() => {
          for (const scope of scopes) scope.abort(relayStopping());
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
