import { connect } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { type Life, listen } from "../../../src/server/listen.ts";
import { createUpgrades } from "../../../src/server/websocket/upgrades.ts";

it("passes over an upgrade again and again on one connection, and adds nothing to it", async () => {
  const life: Life = { attach: createUpgrades().attach, close: async () => undefined };
  const listeners: number[][] = [];
  const listening = await listen(
    ({ socket }, res) => {
      listeners.push(socket.eventNames().map((name) => socket.listenerCount(name)));
      res.end("ok");
    },
    { host: "127.0.0.1", port: 0 },
    life,
  );
  onTestFinished(() => listening.close(0));
  const socket = connect(listening.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const request =
    "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
  for (let asked = 0; asked < 5; asked += 1) {
    socket.write(request);
    await new Promise((resolve) => socket.once("data", resolve));
  }
  const [first] = listeners;
  expect(listeners).toEqual(Array.from({ length: 5 }, () => first));
});
