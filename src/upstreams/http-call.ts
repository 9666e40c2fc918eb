/**
 * One call over undici's own callbacks: its `request`, with a stream for the body and an async
 * resource, makes each call cost half as much again (performance.md). In their older form, which has
 * the headers as they came: of the newer one, the object of all headers is 4 % of a small request.
 * undici 8, which needs a newer Node, has the newer form only.
 */
import { type BodySource, type BodyText, createBodyText, type TextReader } from "./body-text.ts";
import type { HttpAnswer, HttpLimits, HttpRequest } from "./http.ts";
import { toNetworkError, tooSilent } from "./network-errors.ts";

export class HttpCall implements BodySource {
  readonly #request: HttpRequest;
  readonly #limits: HttpLimits;
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (error: unknown) => void;
  #abandon: ((reason: Error) => void) | undefined;
  #goOn: (() => void) | undefined;
  #text: BodyText | undefined;
  #isPaused = false;

  constructor(
    request: HttpRequest,
    limits: HttpLimits,
    resolve: (answer: HttpAnswer) => void,
    reject: (error: unknown) => void,
  ) {
    this.#request = request;
    this.#limits = limits;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** The listener of the request's signal. */
  readonly cancel = (): void => {
    const { reason } = this.#request.signal;
    this.#abandon?.(reason as Error);
    // Nobody waits for the connection that it may still wait for.
    if (this.#text === undefined) this.#refuse(reason);
  };

  abort(reason: Error): void {
    this.#abandon?.(reason);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#goOn?.();
  }

  onConnect(abandon: (reason?: Error) => void): void {
    this.#abandon = abandon;
    const { signal } = this.#request;
    if (signal.aborted) abandon(signal.reason as Error);
  }

  onHeaders(status: number, received: Buffer[], goOn: () => void): boolean {
    // What announces an answer is none.
    if (status < 200) return true;
    const { url, signal } = this.#request;
    this.#goOn = goOn;
    this.#text = createBodyText({
      source: this,
      toError: (error) => toNetworkError(error, { url, signal, answered: true }),
      silenceMs: this.#limits.silenceTimeoutMs,
      toSilence: tooSilent,
    });
    this.#resolve(toHttpAnswer(status, received, this.#text));
    return true;
  }

  onData(part: Buffer): boolean {
    this.#text?.push(part);
    return !this.#isPaused;
  }

  onComplete(): void {
    this.#over();
    this.#text?.end();
  }

  onError(error: Error): void {
    this.#over();
    if (this.#text === undefined) this.#refuse(error);
    else this.#text.fail(error);
  }

  #over(): void {
    this.#request.signal.removeEventListener("abort", this.cancel);
  }

  #refuse(error: unknown): void {
    const { url, signal } = this.#request;
    this.#reject(toNetworkError(error, { url, signal, answered: false }));
  }
}

function toHttpAnswer(status: number, received: readonly Buffer[], body: BodyText): HttpAnswer {
  // Texts of their own at once: the bytes belong to all that one read of the network brought.
  const headers = received.map((bytes) => bytes.toString("latin1"));
  for (let at = 0; at < headers.length; at += 2) headers[at] = headers[at]?.toLowerCase() ?? "";
  return {
    status,
    header(name) {
      for (let at = 0; at < headers.length; at += 2) {
        if (headers[at] === name) return headers[at + 1];
      }
      return undefined;
    },
    pieces: (reader) => body.pieces(reader),
    async wholeText(limit) {
      let whole = "";
      for await (const part of body.pieces(asItIs)) {
        whole += part;
        if (whole.length >= limit) return whole.slice(0, limit);
      }
      return whole;
    },
  };
}

const asItIs: TextReader<string> = { read: (text) => text, end: () => undefined };
