/**
 * What Node answers by itself, before there is a request to route: text that is not HTTP, headers
 * without end, a client that stops in the middle. Gives it the same envelope as every other error.
 */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { RelayError } from "../errors.ts";
import { openAiErrorBody } from "../facades/openai/error.ts";
import type { OwedAnswers } from "./owed-answers.ts";

/** Puts the envelope around Node's own refusals of this server. */
export function answerBadRequests(server: Server, owedOn: OwedAnswers): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    // In the middle of an answer these bytes would become a part of it.
    const open = owedOn(socket);
    const hasBegun = open.some((res) => res.headersSent);
    if (socket.writable && !hasBegun) {
      const told = errorOf(error.code);
      socket.write(toText(told));
      // Whoever reads the rest of the request learns why there is none.
      for (const res of open) res.req.destroy(told);
    }
    socket.destroy();
  });

  server.on("checkExpectation", (_req: IncomingMessage, res: ServerResponse) => {
    const { status, headers, body } = toParts(
      new RelayError("expectation_failed", "`Expect` may be `100-continue` only."),
    );
    res.writeHead(status, headers).end(body);
  });
}

function errorOf(code: string | undefined): RelayError {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new RelayError("headers_too_large", "The request's headers are larger than 16 KiB.");
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return new RelayError("request_too_large", "The chunks of the request have long extensions.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new RelayError("request_timeout", "The request did not come to its end in time.");
    default:
      return new RelayError("invalid_request", "What was sent is not an HTTP request.");
  }
}

function toParts(error: RelayError): {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
} {
  const body = JSON.stringify(openAiErrorBody(error));
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "content-length": String(Buffer.byteLength(body)),
    "cache-control": "no-store, no-transform",
    "x-content-type-options": "nosniff",
    connection: "close",
  };
  return { status: error.status, headers, body };
}

function toText(error: RelayError): string {
  const { status, headers, body } = toParts(error);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, "", body].join("\r\n");
}
