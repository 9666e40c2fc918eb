/**
 * A client that asks before it sends its body (`Expect: 100-continue`) is told to go on when the body
 * is read. Node would tell it at once, before anybody has looked at its token.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";

export function continueWhenRead(server: Server): void {
  server.on("checkContinue", (req: IncomingMessage, res: ServerResponse) => {
    req.once("resume", () => {
      // Behind an answer Node throws the rest of the request away, and that is reading too.
      if (!res.headersSent) res.writeContinue();
    });
    server.emit("request", req, res);
  });
}
