/**
 * WebSockets of the stand-in, and the one file here that knows the package behind them: the handshake
 * with its faults, and then each connection's frames to `socket-turns.ts`.
 */
import { type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Backend } from "./backend.ts";
import { gatewayRefusal, type Received, type WholeAnswer } from "./exchange.ts";
import type { Faults } from "./faults.ts";
import type { Quota } from "./quota.ts";
import type { Recorder } from "./recorder.ts";
import { createSocketTurns, type SocketWire } from "./socket-turns.ts";

export interface SocketsOptions {
  checkOrigin(request: IncomingMessage): WholeAnswer | undefined;
  readonly backend: Backend;
  readonly quota: Quota;
  readonly faults: Faults;
  readonly recorder: Recorder;
  /** 1 when a stream begins, -1 when it is over. */
  readonly onStream: (change: 1 | -1) => void;
}

export interface Sockets {
  /** How many were opened so far. */
  readonly opened: number;
  readonly open: number;
  close(): void;
}

const largestFrame = 64 * 1024 * 1024;

export function attachSockets(server: Server, options: SocketsOptions): Sockets {
  const { checkOrigin, backend, faults } = options;
  const accept = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: largestFrame,
  });
  const wires = new Set<Duplex>();
  const open = new Set<WebSocket>();
  let opened = 0;

  const refusalOf = (request: IncomingMessage, received: Received): WholeAnswer | undefined =>
    checkOrigin(request) ?? faultRefusal(faults) ?? backend.refuseSocket(received);

  server.on("upgrade", (request, wire, head) => {
    wires.add(wire);
    wire.on("error", () => wire.destroy());
    wire.once("close", () => wires.delete(wire));
    if (faults.state.websocket === "silent") return;
    const { method = "GET", headers } = request;
    const url = new URL(request.url?.startsWith("/") ? request.url : "/", "http://127.0.0.1");
    const received: Received = { method, url, headers, body: "" };
    const refusal = refusalOf(request, received);
    if (refusal !== undefined) {
      wire.end(formatAnswer(refusal));
      return;
    }
    accept.handleUpgrade(request, wire, head, (socket) => {
      opened += 1;
      open.add(socket);
      const turns = createSocketTurns({ ...options, received, wire: toWire(socket) });
      socket.on("message", (data, isBinary) => {
        if (isBinary) socket.close(1003);
        else turns.take(data.toString());
      });
      socket.on("error", () => socket.terminate());
      socket.on("close", () => {
        open.delete(socket);
        turns.end();
      });
    });
  });
  return {
    get opened() {
      return opened;
    },
    get open() {
      return open.size;
    },
    close() {
      for (const wire of wires) wire.destroy();
    },
  };
}

function toWire(socket: WebSocket): SocketWire {
  return {
    send: (text) => new Promise((resolve) => socket.send(text, () => resolve())),
    close: () => socket.close(1000),
    cut: () => socket.terminate(),
  };
}

/** What the faults make of a handshake. */
function faultRefusal({ state }: Faults): WholeAnswer | undefined {
  switch (state.websocket) {
    case "upgrade_required":
      // The real clients take it as the sign to use plain requests.
      return gatewayRefusal("Upgrade Required", 426);
    case "forbidden":
      return gatewayRefusal("Forbidden", 403);
    case "server_error":
      return gatewayRefusal("Internal Server Error", 500);
    case "redirect":
      return {
        ...gatewayRefusal("Moved", 307),
        headers: { location: "http://127.0.0.1:9/elsewhere" },
      };
    default:
      return undefined;
  }
}

function formatAnswer({ status, headers, body }: WholeAnswer): string {
  const lines = Object.entries({
    ...headers,
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  }).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, ...lines, "", body].join("\r\n");
}
