/**
 * What belongs to one request while it runs: its id, its signal, what was disclosed, and what has
 * to be released at its end. Made by the server, passed as an argument, closed exactly once.
 */
import { type Cancellation, callEach, RequestCancellation } from "./cancellation.ts";

/** The time, as an argument: milliseconds since the epoch. */
export interface Clock {
  now(): number;
}

/** Fresh random identifiers, as an argument: 32 hex digits each. */
export interface Ids {
  next(): string;
}

/**
 * A change made to the request: `ignored` was left out, `adapted` was sent in another form. Told to
 * the client in a response header and kept in the log.
 */
export interface Disclosure {
  readonly kind: "ignored" | "adapted";
  /** The parameter as the client spelled it. */
  readonly parameter: string;
  readonly reason: string;
}

/** One record of the transit log, without the request id and the time, which the log adds. */
export interface TransitRecorder {
  record(phase: string, fields: Readonly<Record<string, unknown>>): void;
  /** Nothing of this request is kept. */
  discard(): void;
}

/**
 * A value with the JSON text that it was read from or is sent as, so that the log need not write it
 * again: stringifying 300 KB costs a millisecond, more than anything else that happens to it.
 */
export class LoggedJson {
  readonly value: unknown;
  /** One line. */
  readonly text: string;

  constructor(value: unknown, text: string) {
    this.value = value;
    this.text = text;
  }

  /** The text that a client sent, unless a line of the log could not hold it as it is. */
  static received(value: unknown, text: string): unknown {
    // An escaped letter could hide a secret from whoever looks for it in the text.
    const isPlain = !text.includes("\n") && !text.includes("\r") && !text.includes("\\u");
    return isPlain ? new LoggedJson(value, text) : value;
  }
}

/** Who asks, as far as the upstream's cache is concerned. Neither is a secret. */
export interface ClientIdentity {
  /** A fingerprint of the relay token; undefined in open mode. */
  readonly token: string | undefined;
  /** The client's own name for the conversation, from its headers. */
  readonly session: string | undefined;
}

export interface RequestScope {
  readonly id: string;
  readonly client: ClientIdentity;
  readonly clock: Clock;
  readonly ids: Ids;
  /** `clock.now()` when the request arrived. */
  readonly acceptedAt: number;
  /** Aborts when the client leaves or the relay stops. */
  readonly signal: Cancellation;
  readonly transit: TransitRecorder;
  readonly disclosures: readonly Disclosure[];
  disclose(disclosure: Disclosure): void;
  /** Runs once when the request is over, whatever ended it; at once if it is over already. */
  onClose(release: () => void): void;
  /** Ends the request: releases what it held. Later calls do nothing. */
  close(): void;
  abort(reason: Error): void;
}

export interface ScopeOptions {
  readonly id: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly transit: TransitRecorder;
  readonly client: ClientIdentity;
}

export function createScope({ id, clock, ids, transit, client }: ScopeOptions): RequestScope {
  const signal = new RequestCancellation();
  const disclosures: Disclosure[] = [];
  /** Made by the first: most requests have none. */
  let disclosed: Set<string> | undefined;
  const releases: (() => void)[] = [];
  let closed = false;
  return {
    id,
    client,
    clock,
    ids,
    acceptedAt: clock.now(),
    signal,
    transit,
    disclosures,
    disclose(disclosure) {
      disclosed ??= new Set();
      if (disclosed.has(disclosure.parameter)) return;
      disclosed.add(disclosure.parameter);
      disclosures.push(disclosure);
    },
    onClose(release) {
      if (closed) release();
      else releases.push(release);
    },
    abort(reason) {
      signal.abort(reason);
    },
    close() {
      if (closed) return;
      closed = true;
      callEach(releases);
    },
  };
}
