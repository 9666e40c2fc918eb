/** A client that sends bytes as it likes, over a socket of its own. */
import { connect } from "node:net";

export interface RawClient {
  say(bytes: string | Buffer): void;
  /** The first bytes have come, or the connection has ended. */
  readonly answered: Promise<void>;
  /** All that came, once the server has closed the connection. */
  readonly ended: Promise<string>;
  leave(): void;
}

/** Connects and says the first bytes; they have left this process when it resolves. */
export async function connectRaw(url: string, first = ""): Promise<RawClient> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = "";
  socket.setEncoding("utf8").on("data", (part) => {
    answer += part;
  });
  // A connection may be reset when not all that was sent was read.
  socket.on("error", () => undefined);
  const answered = new Promise<void>((resolve) => {
    socket.once("data", () => resolve());
    socket.once("close", () => resolve());
  });
  const ended = new Promise<string>((resolve) => {
    socket.on("close", () => resolve(answer));
  });
  await new Promise<void>((resolve) => socket.on("connect", () => resolve()));
  if (first !== "") await new Promise((resolve) => socket.write(first, resolve));
  return {
    say: (bytes) => socket.write(bytes),
    answered,
    ended,
    leave: () => socket.destroy(),
  };
}

/** The beginning of a request with the relay token; the last empty line is the caller's. */
export function requestHead(
  token: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const all = { host: "127.0.0.1", authorization: `Bearer ${token}`, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}`;
}
