/**
 * What a Node server does with requests that ask to leave HTTP. One for a WebSocket goes the way of
 * every request, so that it is looked at and refused like one, and its socket waits here for the
 * route that takes it. Any other upgrade is passed over, as if nobody had heard it.
 */
import { type IncomingMessage, type RequestListener, type Server, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Handshake } from "./port.ts";

export interface Upgrades {
  attach(server: Server, handler: RequestListener): void;
  /** The socket of a request for a WebSocket; afterwards it is no business of the response's. */
  take(req: IncomingMessage): TakenHandshake | undefined;
}

export interface TakenHandshake extends Handshake {
  /** Called once the answer was 101. */
  release(): void;
}

export function createUpgrades(): Upgrades {
  const handshakes = new WeakMap<IncomingMessage, TakenHandshake>();
  return {
    take: (req) => handshakes.get(req),
    attach(server, handler) {
      server.on("upgrade", (req, socket, head) => {
        if (!isWebSocket(req) || !(socket instanceof Socket)) {
          putBack(server, req, socket, head);
          return;
        }
        // Node has taken its own listener off: without one, a reset would end the process.
        socket.on("error", () => socket.destroy());
        const res = new ServerResponse(req);
        res.shouldKeepAlive = false;
        res.assignSocket(socket);
        let isReleased = false;
        const release = (): void => {
          isReleased = true;
          res.detachSocket(socket);
        };
        res.on("finish", () => {
          if (isReleased) return;
          release();
          socket.destroySoon();
        });
        handshakes.set(req, { req, socket, head, release });
        handler(req, res);
      });
    },
  };
}

function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}

/**
 * Gives the request to the server again, without its wish. Java's HTTP client asks for `h2c` with
 * every request to a plain address, bodies included, and goes on in HTTP/1.1 when nobody answers to
 * that; Node would leave the body unread.
 */
function putBack(server: Server, req: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${req.method} ${req.url} HTTP/${req.httpVersion}`];
  for (let at = 0; at < req.rawHeaders.length; at += 2) {
    const name = req.rawHeaders[at] ?? "";
    if (name.toLowerCase() !== "upgrade") lines.push(`${name}: ${req.rawHeaders[at + 1] ?? ""}`);
  }
  if (head.length > 0) socket.unshift(head);
  // Node reads header bytes as Latin-1, so this gives them back as they came.
  socket.unshift(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"));
  // To the first listener, Node's own: all others have heard of this connection already.
  const [takeConnection] = server.listeners("connection");
  takeConnection?.call(server, socket);
}
