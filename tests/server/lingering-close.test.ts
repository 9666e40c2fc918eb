import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { closeLingering } from "../../src/server/lingering-close.ts";

it("T44 throws away so much of what comes behind the answer, and no more", async () => {
  const server = createServer((req, res) => {
    closeLingering(req.socket);
    res.writeHead(413, { connection: "close" }).end("no");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  const socket = connect({
    port: (server.address() as AddressInfo).port,
    host: "127.0.0.1",
    // Or it would stop by itself when it is told the end.
    allowHalfOpen: true,
  });
  const mega = Buffer.alloc(1024 * 1024, 0x20);
  let sent = 0;
  const pour = (): void => {
    while (sent < 1024 && socket.writable) {
      sent += 1;
      if (!socket.write(mega)) return;
    }
  };
  socket.on("error", () => undefined);
  socket.on("drain", pour);
  socket.resume();
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${1024 * mega.length}\r\n\r\n`, pour);
  await new Promise((resolve) => socket.on("close", resolve));
  expect(sent).toBeGreaterThan(60);
  expect(sent).toBeLessThan(200);
});
