/** Which answers a connection still owes. A client may send its next request before it has the last answer. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** Those that have not left, oldest first. */
export type OwedAnswers = (socket: Duplex) => readonly ServerResponse[];

/** Follows the answers, and ends those whose turn never came when the connection closes: Node ends one only. */
export function followAnswers(server: Server): OwedAnswers {
  const answering = new WeakMap<Duplex, readonly ServerResponse[]>();
  const owed: OwedAnswers = (socket) =>
    (answering.get(socket) ?? []).filter((res) => !res.writableFinished);
  server.on("request", ({ socket }: IncomingMessage, res: ServerResponse) => {
    // Without a listener on the answer: a download's stream has ten, and one more is a warning.
    answering.set(socket, [...owed(socket), res]);
  });
  server.on("connection", (socket: Duplex) => {
    socket.on("close", () => {
      for (const res of owed(socket)) {
        if (res.socket !== null || res.closed) continue;
        res.destroy();
        res.emit("close");
      }
    });
  });
  return owed;
}
