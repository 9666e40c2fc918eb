/** No answer by way of a WebSocket: nothing was answered, so another transport may be asked. */
import { RelayError } from "../../../errors.ts";
import { fromHttpFailure } from "../errors.ts";
import type { HandshakeRefused } from "./port.ts";

export class SocketUnusable extends RelayError {
  constructor({ code, message, details }: RelayError) {
    super(code, message, details);
  }
}

/** Statuses that say something of the account, the plan or the service, and not of WebSockets. */
const telling = new Set([401, 402, 403, 429, 500, 502, 503, 504]);

/** What the refusal means to who wants a WebSocket and nothing else. */
export function refusedHandshake(refusal: HandshakeRefused): RelayError {
  const { status } = refusal;
  if (telling.has(status)) return fromHttpFailure(refusal);
  return new RelayError(
    "upstream_failed",
    `The upstream answered the WebSocket handshake with HTTP ${status}. Set \`upstream.transport\` to \`auto\` or \`http\`.`,
    { upstream: { status, code: null }, hint: "Set `upstream.transport` to `auto` or `http`" },
  );
}
