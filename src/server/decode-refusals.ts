/** What a client is told of a body that does not decode; shared by the decoders. */
import { RelayError } from "../errors.ts";

export function tooLarge(limitBytes: number): RelayError {
  return new RelayError(
    "request_too_large",
    `The request body is larger than ${limitBytes} bytes, the limit set by \`server.max_body_bytes\`.`,
  );
}

export function notAsSaid(cause?: unknown): RelayError {
  return new RelayError(
    "invalid_request",
    "The request body is not compressed as its `content-encoding` says.",
    { cause },
  );
}
