/**
 * What a connection needs of a WebSocket, and the one place that knows the package behind it. The
 * package is loaded with the first connection: most relays never see one.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket, WebSocketServer } from "ws";
import { RelayError } from "../../errors.ts";

export interface SocketPort {
  /** A frame for each text, as one write. Calls back when they have left the process, or cannot any more. */
  send(texts: readonly string[], onSent?: () => void): void;
  /** What was sent and has not left the process. */
  readonly bufferedBytes: number;
  readonly isOpen: boolean;
  ping(): void;
  close(code: number, reason: string): void;
  /** Without the closing handshake. */
  terminate(): void;
}

export interface SocketEvents {
  onText(text: string): void;
  onBinary(): void;
  onPong(): void;
  /** The client broke the protocol; the closing handshake has begun. */
  onFault(): void;
  /** Called once, however the connection ended. */
  onClosed(): void;
}

/** A request for a WebSocket whose answer has not begun. */
export interface Handshake {
  readonly req: IncomingMessage;
  readonly socket: Duplex;
  /** What the client has sent behind its request. */
  readonly head: Buffer;
}

/**
 * Answers 101 and hands the port over before anything can come in. Rejects when the handshake is
 * none, with nothing sent.
 */
export type OpenPort = (
  handshake: Handshake,
  connect: (port: SocketPort) => SocketEvents,
) => Promise<void>;

export function createOpenPort({ maxFrameBytes }: { readonly maxFrameBytes: number }): OpenPort {
  let server: Promise<WebSocketServer> | undefined;
  const load = async (): Promise<WebSocketServer> => {
    const { WebSocketServer: Server } = await import("ws");
    return new Server({
      noServer: true,
      clientTracking: false,
      maxPayload: maxFrameBytes,
      // Loopback gains nothing by it, and a frame could unpack to any size.
      perMessageDeflate: false,
      handleProtocols: (offered) => offered.has(subprotocol) && subprotocol,
    });
  };
  return async ({ req, socket, head }, connect) => {
    server ??= load();
    const accept = await server;
    await new Promise<void>((resolve, reject) => {
      const refused = (error: Error, at: Duplex): void => {
        if (at === socket) settle(() => reject(unfit(error)));
      };
      const gone = (): void => settle(() => reject(new Error("The client has gone.")));
      const settle = (then: () => void): void => {
        accept.off("wsClientError", refused);
        socket.off("close", gone);
        then();
      };
      // With a listener the package leaves the answer to us.
      accept.on("wsClientError", refused);
      socket.on("close", gone);
      if (socket.destroyed) gone();
      else {
        accept.handleUpgrade(req, socket, head, (webSocket) => {
          attach(webSocket, connect(toPort(webSocket, socket)));
          settle(resolve);
        });
      }
    });
  };
}

/** A browser can set no header but this one; the token beside it is not repeated. */
const subprotocol = "airelays";

function unfit(error: Error): RelayError {
  return new RelayError("invalid_request", `The WebSocket handshake is none: ${error.message}.`, {
    headers: { "sec-websocket-version": "13" },
  });
}

function toPort(webSocket: WebSocket, socket: Duplex): SocketPort {
  return {
    send(texts, onSent = () => undefined) {
      if (webSocket.readyState !== webSocket.OPEN || texts.length === 0) {
        onSent();
        return;
      }
      socket.cork();
      for (const text of texts.slice(0, -1)) webSocket.send(text);
      webSocket.send(texts.at(-1) ?? "", onSent);
      socket.uncork();
    },
    get bufferedBytes() {
      return webSocket.bufferedAmount;
    },
    get isOpen() {
      return webSocket.readyState === webSocket.OPEN;
    },
    ping() {
      if (webSocket.readyState === webSocket.OPEN) webSocket.ping();
    },
    close: (code, reason) => webSocket.close(code, reason),
    terminate: () => webSocket.terminate(),
  };
}

function attach(webSocket: WebSocket, events: SocketEvents): void {
  webSocket.on("message", (data, isBinary) => {
    if (isBinary) events.onBinary();
    else events.onText(data.toString());
  });
  webSocket.on("pong", () => events.onPong());
  // The package has sent the code that fits: 1009 for a frame that is too large.
  webSocket.on("error", () => events.onFault());
  webSocket.on("close", () => events.onClosed());
}
