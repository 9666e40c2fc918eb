/** HTTP as bytes: what a client library would tidy, refuse to send, or not let a test see. */
import { connect } from "node:net";

/** Sends bytes as they are and gives what came until the server closed it, or until it is enough. */
export function raw(
  url: string,
  text: string | Buffer,
  isEnough: (answer: string) => boolean = () => false,
): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname.replace(/^\[(.*)\]$/, "$1"));
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("data", (part: string) => {
      answer += part;
      if (isEnough(answer)) socket.destroy();
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
    // Not ended: a client that has closed its half counts as gone.
    socket.write(text);
  });
}

export interface RawRequest {
  readonly method?: string;
  readonly target?: string;
  /** Lines; the relay's own Host comes first unless one is given, or `null` leaves it out. */
  readonly host?: string | null;
  readonly headers?: readonly string[];
  readonly body?: string;
}

export interface RawAnswer {
  readonly status: number;
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One request written by hand, and its answer taken apart. */
export async function ask(url: string, request: RawRequest): Promise<RawAnswer> {
  const { method = "GET", target = "/v1/models", headers = [], body = "" } = request;
  const host = request.host === undefined ? new URL(url).host : request.host;
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(host === null ? [] : [`Host: ${host}`]),
    ...headers,
    ...(body === "" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    // An upgrade brings its own.
    ...(headers.some((line) => /^connection:/i.test(line)) ? [] : ["Connection: close"]),
  ];
  return parse(await raw(url, `${lines.join("\r\n")}\r\n\r\n${body}`));
}

export const upgradeHeaders = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
] as const;

export function parse(text: string): RawAnswer {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [status = "", ...lines] = head.split("\r\n");
  return {
    status: Number(status.split(" ")[1] ?? 0),
    headers: Object.fromEntries(
      lines.map((line) => {
        const [name = "", ...value] = line.split(": ");
        return [name.toLowerCase(), value.join(": ")];
      }),
    ),
    body: rest.join("\r\n\r\n"),
  };
}
