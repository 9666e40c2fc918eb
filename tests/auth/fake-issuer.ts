import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Fetch } from "../../src/auth/issuer-http.ts";
import { issuer } from "./tokens.ts";

export interface IssuerRequest {
  readonly path: string;
  readonly contentType: string | undefined;
  readonly userAgent: string | undefined;
  readonly body: string;
}

export interface IssuerReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as it is when it is a text. `hangUp` ends the connection without an answer. */
  readonly body?: unknown;
  readonly hangUp?: boolean;
}

/** A login server on loopback that answers from a list, one reply a request, and keeps what it was sent. */
export async function startFakeIssuer(replies: readonly IssuerReply[]) {
  const requests: IssuerRequest[] = [];
  const waiting = [...replies];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += String(part);
    requests.push({
      path: `${request.method} ${request.url}`,
      contentType: request.headers["content-type"],
      userAgent: request.headers["user-agent"],
      body,
    });
    const reply = waiting.shift() ?? {
      status: 599,
      body: "One request more than the test expects.",
    };
    if (reply.hangUp) {
      request.socket.destroy();
      return;
    }
    const isText = typeof reply.body === "string";
    response.writeHead(reply.status ?? 200, {
      "content-type": isText ? "text/plain" : "application/json",
      ...reply.headers,
    });
    response.end(isText ? reply.body : JSON.stringify(reply.body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  /** Reaches the server under the name `issuer`, which its id tokens carry. */
  const fetchIssuer: Fetch = (target, init) => fetch(target.replace(issuer, url), init);
  return { url, requests, fetch: fetchIssuer };
}
