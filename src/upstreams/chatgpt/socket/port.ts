/**
 * The client's end of a WebSocket, and the one place here that knows the package behind it, which is
 * loaded with the first connection. No redirect is followed, so the login goes to the configured host
 * only, and nothing is compressed: a frame could unpack to any size.
 */
import type { IncomingMessage } from "node:http";
import { abandonable } from "../../../abandonable.ts";
import type { Cancellation } from "../../../cancellation.ts";
import type { HttpFailure } from "../errors.ts";
import { coded, type DialOptions, dial } from "./dial.ts";

export interface SocketPort {
  readonly isOpen: boolean;
  send(text: string): void;
  ping(): void;
  /** Takes nothing more from the network until `resume`. */
  pause(): void;
  resume(): void;
  /** Without the closing handshake. */
  terminate(): void;
}

export interface SocketEvents {
  onText(text: string): void;
  onPong(): void;
  /** Called once. `isClean`: the server said goodbye. */
  onClosed(isClean: boolean): void;
}

export interface ConnectOptions extends DialOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: Cancellation;
}

/** Hands the port over before anything can come in. Rejects with what failed, or with `HandshakeRefused`. */
export type Connect = (
  options: ConnectOptions,
  attach: (port: SocketPort) => SocketEvents,
) => Promise<void>;

/** The server answered, and not with 101. */
export class HandshakeRefused extends Error implements HttpFailure {
  override readonly name = "HandshakeRefused";
  readonly status: number;
  readonly body: string;
  readonly header: (name: string) => string | undefined;

  constructor({ statusCode = 0, headers }: IncomingMessage, body: string) {
    super(`The handshake was answered with ${statusCode}.`);
    this.status = statusCode;
    this.body = body;
    this.header = (name) => {
      const value = headers[name];
      return Array.isArray(value) ? value[0] : value;
    };
  }
}

/** One event may hold a whole answer with images in it, as over HTTP. */
const maxFrameBytes = 64 * 1024 * 1024;
const errorBodyLimit = 64 * 1024;

export const connect: Connect = async (options, attach) => {
  const { url, headers, timeoutMs, signal } = options;
  const { WebSocket } = await import("ws");
  const dialled = dial(options);
  const wire = await abandonable(dialled, signal).catch((error: unknown) => {
    dialled.then(
      (late) => late.destroy(),
      () => undefined,
    );
    throw error;
  });
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, {
      headers: { ...headers },
      createConnection: () => wire,
      followRedirects: false,
      perMessageDeflate: false,
      maxPayload: maxFrameBytes,
    });
    let events: SocketEvents | undefined;
    const abort = (): void => fail(signal.reason);
    // The package's own limit is one on the socket, which has its connection already.
    const timer = setTimeout(() => fail(coded("ETIMEDOUT")), timeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    };
    const fail = (error: unknown): void => {
      settle();
      reject(error);
      wire.destroy();
    };
    signal.addEventListener("abort", abort, { once: true });
    socket.on("unexpected-response", (_request, answer) => {
      void readBody(answer).then((body) => fail(new HandshakeRefused(answer, body)));
    });
    socket.on("error", (error) => {
      if (events === undefined) fail(error);
      else wire.destroy();
    });
    socket.on("open", () => {
      settle();
      events = attach({
        get isOpen() {
          return socket.readyState === WebSocket.OPEN;
        },
        send: (text) => socket.send(text, () => undefined),
        ping: () => socket.ping(),
        pause: () => socket.pause(),
        resume: () => socket.resume(),
        terminate: () => socket.terminate(),
      });
      resolve();
    });
    socket.on("message", (data, isBinary) => {
      // Events are text. What is none is of a protocol that nobody here knows.
      if (isBinary) socket.terminate();
      else events?.onText(data.toString());
    });
    socket.on("pong", () => events?.onPong());
    socket.on("close", (code) => {
      if (events === undefined) fail(coded("ECONNRESET"));
      else events.onClosed(code === 1000 || code === 1001);
    });
  });
};

async function readBody(answer: IncomingMessage): Promise<string> {
  let text = "";
  try {
    for await (const part of answer.setEncoding("utf8")) {
      text += String(part);
      if (text.length >= errorBodyLimit) break;
    }
  } catch {
    // The status says enough.
  }
  return text.slice(0, errorBodyLimit);
}
