/** A client of the relay's WebSocket: what it sent and what came back, one event after the other. */
import { type ClientOptions, WebSocket } from "ws";
import type { TestRelay } from "./test-relay.ts";

export type SocketEvent = Record<string, unknown> & { readonly type: string };

export interface SocketClient {
  readonly webSocket: WebSocket;
  send(event: unknown): void;
  /** A `response.create`; model and input are made up where not said. */
  create(fields?: Readonly<Record<string, unknown>>): void;
  /** The next events up to the first one of such a type, which is the last of them. */
  until(types: RegExp): Promise<SocketEvent[]>;
  /** The next events up to the end of an answer. */
  answer(): Promise<SocketEvent[]>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

const endings = /^(response\.(completed|incomplete|failed)|error)$/;

export async function openSocket(
  { url, token }: Pick<TestRelay, "url" | "token">,
  { path = "/v1/responses", ...options }: ClientOptions & { readonly path?: string } = {},
): Promise<SocketClient> {
  const webSocket = new WebSocket(`${url.replace("http", "ws")}${path}`, {
    headers: { authorization: `Bearer ${token}` },
    ...options,
  });
  const events: SocketEvent[] = [];
  let wake: () => void = () => undefined;
  let isClosed = false;
  webSocket.on("message", (data, isBinary) => {
    if (isBinary) throw new Error("The relay sends text only.");
    events.push(JSON.parse(String(data)));
    wake();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    webSocket.on("close", (code, reason) => {
      isClosed = true;
      resolve({ code, reason: String(reason) });
      wake();
    });
  });
  await new Promise((resolve, reject) => {
    webSocket.once("open", resolve);
    webSocket.once("error", reject);
  });
  webSocket.on("error", () => undefined);

  const until = async (types: RegExp): Promise<SocketEvent[]> => {
    for (;;) {
      const at = events.findIndex(({ type }) => types.test(type));
      if (at >= 0) return events.splice(0, at + 1);
      if (isClosed) throw new Error(`The connection closed after: ${JSON.stringify(events)}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const send = (event: unknown): void =>
    webSocket.send(typeof event === "string" ? event : JSON.stringify(event));
  return {
    webSocket,
    send,
    create: (fields) =>
      send({ type: "response.create", model: "gpt-5.5", input: "Say tree.", ...fields }),
    until,
    answer: () => until(endings),
    closed,
  };
}

/** The handshake of a client as text; further headers replace those of the same name. */
export function handshake(
  { url, token }: Pick<TestRelay, "url" | "token">,
  path: string,
  headers: Readonly<Record<string, string | undefined>> = {},
): string {
  const all: Record<string, string | undefined> = {
    host: new URL(url).host,
    authorization: `Bearer ${token}`,
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return `GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}
