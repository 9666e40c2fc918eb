/**
 * The end of a connection whose client is still sending. Closed at once, the system would answer the
 * bytes on their way with a reset, and a reset takes the answer along, unread. So our half is closed
 * behind the answer, and what still comes is thrown away: so much, for so long, and no more.
 */
import type { Socket } from "node:net";

/** Twice the largest body of the usual configuration. */
const mostBytes = 64 * 1024 * 1024;
const longestMs = 2_000;

/** Node closes the connection behind its answer, in this way from now on. */
export function closeLingering(socket: Socket): void {
  socket.destroySoon = () => {
    const timer = setTimeout(() => socket.destroy(), longestMs);
    socket.on("close", () => clearTimeout(timer));
    socket.on("end", () => socket.destroy());
    socket.end();
    // The parser may have stopped reading, and takes it up again by this event; then it is not needed any more.
    socket.pause();
    socket.once("resume", () => discard(socket));
    socket.resume();
  };
}

/** Takes the connection from the parser: what comes is no request any more. */
function discard(socket: Socket): void {
  let left = mostBytes;
  socket.removeAllListeners("data");
  socket.on("data", (part: Buffer) => {
    left -= part.length;
    if (left < 0) socket.destroy();
  });
}
