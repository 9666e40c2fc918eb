/**
 * A loopback server between a program and the stand-in that keeps every exchange as it was sent: the
 * stand-in's own recorder leaves secrets out, and some tests look for exactly those.
 */
import { createServer, type IncomingHttpHeaders, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { approveDevice } from "./test-relay.ts";

export interface Exchange {
  /** `POST /oauth/token`, with the query. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly answerHeaders: IncomingHttpHeaders;
  readonly answer: string;
}

export interface Tap {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly exchanges: readonly Exchange[];
  close(): Promise<void>;
}

/** Every device code is approved before the program polls for the first time, so nothing waits. */
export async function startTap(target: string): Promise<Tap> {
  const exchanges: Exchange[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const { method = "GET", url = "/", headers } = request;
    if (url === "/api/accounts/deviceauth/token") {
      await approveDevice(target, JSON.parse(body.toString()).user_code);
    }
    const onward = send(target + url, { method, headers, agent: false }, (answered) => {
      const answer: Buffer[] = [];
      response.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.on("data", (part: Buffer) => {
        answer.push(part);
        response.write(part);
      });
      answered.on("error", () => response.destroy());
      answered.on("close", () => {
        exchanges.push({
          target: `${method} ${url}`,
          headers,
          body: body.toString(),
          answerHeaders: answered.headers,
          answer: Buffer.concat(answer).toString(),
        });
        if (answered.complete) response.end();
        else response.destroy();
      });
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    onward.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return {
    url,
    env: {
      AIRELAYS_ISSUER_BASE_URL: url,
      AIRELAYS_UPSTREAM_BASE_URL: `${url}/backend-api/codex`,
    },
    exchanges,
    close,
  };
}
