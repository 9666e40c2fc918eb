/**
 * How long a server waits for its clients to send what they began: one that drips a request holds a
 * connection, and after its token a place. An answer may take as long as it takes.
 */
import type { Server } from "node:http";

export interface Patience {
  /** From the connection, or the first byte of a further request, to the end of the headers. */
  readonly headersMs: number;
  /** To the end of the body: the largest upload at 2 MB a second. */
  readonly requestMs: number;
  /** Between two requests on one connection. Client pools keep theirs for a minute, and closing first would race with their next request. */
  readonly idleMs: number;
  /** How often the server looks for those that are late. */
  readonly checkMs: number;
}

export const usualPatience: Patience = {
  headersMs: 20_000,
  requestMs: 300_000,
  idleMs: 65_000,
  checkMs: 5_000,
};

/** For a server that listens already. */
export function limitPatience(server: Server, patience: Patience): void {
  server.headersTimeout = patience.headersMs;
  server.requestTimeout = patience.requestMs;
  server.keepAliveTimeout = patience.idleMs;
  // Node reads the interval when it begins to listen, which was within listhen; told again, it takes
  // the new one in place of the old.
  Object.assign(server, { connectionsCheckingInterval: patience.checkMs });
  server.emit("listening");
}
