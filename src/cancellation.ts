/**
 * What a running request is told when it is to end early. The half of an `AbortSignal` that is read,
 * so that one of those fits as well; a request has a cheaper one, because making an `AbortController`
 * and listening to it is 4 % of a small request, and nearly none is ever told anything.
 */

export interface Cancellation {
  readonly aborted: boolean;
  readonly reason: unknown;
  /** Told once, and not at all when it was aborted before. */
  addEventListener(type: "abort", listener: () => void, options?: { readonly once: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

export class RequestCancellation implements Cancellation {
  aborted = false;
  reason: unknown = undefined;
  #listeners: (() => void)[] = [];

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const at = this.#listeners.indexOf(listener);
    if (at >= 0) this.#listeners.splice(at, 1);
  }

  /** The first reason counts. */
  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    callEach(listeners);
  }
}

/** All of them: one that throws must not keep the others from it. The first error is thrown at the end. */
export function callEach(calls: readonly (() => void)[]): void {
  const thrown: unknown[] = [];
  for (const call of calls) {
    try {
      call();
    } catch (error) {
      thrown.push(error);
    }
  }
  if (thrown.length > 0) throw thrown[0];
}

/** For what takes nothing but Node's own. */
export function toAbortSignal(cancellation: Cancellation): AbortSignal {
  if (cancellation instanceof AbortSignal) return cancellation;
  const controller = new AbortController();
  const abort = (): void => controller.abort(cancellation.reason);
  if (cancellation.aborted) abort();
  else cancellation.addEventListener("abort", abort, { once: true });
  return controller.signal;
}
