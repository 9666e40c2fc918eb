/**
 * What a Node server does with requests that ask to leave HTTP. One for a WebSocket goes the way of
 * every request, so that it is looked at and refused like one, and its socket waits here for the
 * route that takes it. Any other upgrade is passed over, as if nobody had heard it.
 */
import { type IncomingMessage, type RequestListener, type Server, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { OwedAnswers } from "../owed-answers.ts";
import type { Handshake } from "./port.ts";

export interface Upgrades {
  attach(server: Server, handler: RequestListener, owedOn: OwedAnswers): void;
  /** The socket of a request for a WebSocket; afterwards it is no business of the response's. */
  take(req: IncomingMessage): TakenHandshake | undefined;
}

export interface TakenHandshake extends Handshake {
  /** Called once the answer was 101. */
  release(): void;
}

export function createUpgrades(): Upgrades {
  const handshakes = new WeakMap<IncomingMessage, TakenHandshake>();
  const hand = (handler: RequestListener, { req, socket, head }: Asked<Socket>): void => {
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
  };
  return {
    take: (req) => handshakes.get(req),
    attach(server, handler, owedOn) {
      server.on("upgrade", (req, socket, head) => {
        const last = owedOn(socket).at(-1);
        if (last !== undefined) closeBehind(last, socket);
        else if (isWebSocket(req) && socket instanceof Socket) hand(handler, { req, socket, head });
        else putBack(server, { req, socket, head });
      });
    },
  };
}

interface Asked<Connection extends Duplex> {
  readonly req: IncomingMessage;
  readonly socket: Connection;
  readonly head: Buffer;
}

/**
 * Nobody who wants to leave HTTP sends that before the last answer is there; an answer to it would
 * throw where nobody catches, since the connection has one. So what is owed is sent, and that is all.
 */
function closeBehind(last: ServerResponse, socket: Duplex): void {
  const destroy = (): void => void socket.destroy();
  // Node has taken its own listeners off.
  socket.on("error", destroy);
  socket.on("end", destroy);
  socket.resume();
  last.on("close", () => socket.end(destroy));
}

/** HTTP/1.0 has no upgrades (RFC 9110, 7.8). */
function isWebSocket({ method, headers, httpVersion }: IncomingMessage): boolean {
  return (
    method === "GET" && headers.upgrade?.toLowerCase() === "websocket" && httpVersion !== "1.0"
  );
}

/**
 * Gives the request to the server again, without its wish. Java's HTTP client asks for `h2c` with
 * every request to a plain address, bodies included, and goes on in HTTP/1.1 when nobody answers to
 * that; Node would leave the body unread.
 */
function putBack(server: Server, { req, socket, head }: Asked<Duplex>): void {
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
