/** How much a connection may take and how long it may last, in one place. */
export interface SocketBounds {
  /** Connections of this relay at once. */
  readonly maxConnections: number;
  /** Requests of one connection that wait for another one of their lane. */
  readonly maxWaiting: number;
  /** The largest text frame. */
  readonly maxFrameBytes: number;
  /** Turns of one connection that are remembered, together. */
  readonly maxChainBytes: number;
  /** Above it the upstream's stream waits for the client. */
  readonly highWaterBytes: number;
  /** A client that takes nothing for so long has forgotten the answer. */
  readonly stalledMs: number;
  readonly lifetimeMs: number;
  readonly pingMs: number;
  /** Pings without an answer after which the client counts as gone. */
  readonly maxMissedPongs: number;
  /** How long a client may take to answer the closing handshake. */
  readonly closingMs: number;
}

/** `maxBytes` bounds a request, whatever carries it. */
export function socketBounds(maxBytes: number): SocketBounds {
  return {
    maxConnections: 64,
    maxWaiting: 8,
    maxFrameBytes: maxBytes,
    maxChainBytes: maxBytes,
    highWaterBytes: 256 * 1024,
    stalledMs: 5 * 60_000,
    // The service's own: clients open a new connection when they are told.
    lifetimeMs: 60 * 60_000,
    pingMs: 25_000,
    maxMissedPongs: 2,
    closingMs: 1_000,
  };
}
