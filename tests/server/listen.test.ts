import { Agent, createServer, get, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Listening, listen } from "../../src/server/listen.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function start(host = "127.0.0.1", port = 0): Promise<Listening> {
  const listening = await listen((_req, res) => res.end("ok"), { host, port });
  cleanups.push(() => listening.close(0));
  return listening;
}

/** A port that somebody else holds. */
async function takenPort(host = "127.0.0.1"): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

describe("listen", () => {
  it("binds the address it was given, whatever the environment says", async () => {
    vi.stubEnv("HOST", "0.0.0.0");
    vi.stubEnv("PORT", "1");
    vi.stubEnv("NODE_ENV", "production");
    const { addresses, port, url } = await start();
    expect([addresses, url]).toEqual([["127.0.0.1", "::1"], `http://127.0.0.1:${port}`]);
    expect(await (await fetch(url)).text()).toBe("ok");
  });

  it("T13 answers on both loopback addresses at one port, and under their name", async () => {
    for (const given of ["127.0.0.1", "localhost"]) {
      const { port, url } = await start(given);
      expect(url).toBe(`http://${given}:${port}`);
      for (const host of ["127.0.0.1", "[::1]", "localhost"]) {
        expect(await (await fetch(`http://${host}:${port}`)).text()).toBe("ok");
      }
    }
  });

  it("T12 is not reached at this machine's other addresses", async () => {
    const { port } = await start();
    const others = Object.values(networkInterfaces())
      .flatMap((entries) => entries ?? [])
      .filter(({ internal, scopeid }) => !internal && !scopeid)
      .map(({ address }) => address);
    for (const address of [...others, "127.0.0.2"]) {
      const reached = await new Promise((resolve) => {
        const socket = connect(port, address, () => resolve("reached"));
        socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
        cleanups.push(() => socket.destroy());
      });
      expect([address, reached]).not.toEqual([address, "reached"]);
    }
  });

  it("T62 takes no port of which a stranger holds the other family", async () => {
    const port = await takenPort("::1");
    await expect(start("127.0.0.1", port)).rejects.toMatchObject({
      code: "port_in_use",
      message: `Port ${port} on ::1 is in use. Another relay may be running: airelays status`,
    });
  });

  it("binds the very port", async () => {
    const { port } = await start();
    for (const cleanup of cleanups.splice(0)) await cleanup();
    expect((await start("127.0.0.1", port)).port).toBe(port);
  });

  it("puts an IPv6 address in brackets", async () => {
    const { url, port } = await start("::1");
    expect(url).toBe(`http://[::1]:${port}`);
  });

  it("refuses a port that is taken, and says what to do", async () => {
    const port = await takenPort();
    await expect(start("127.0.0.1", port)).rejects.toMatchObject({
      code: "port_in_use",
      message: `Port ${port} on 127.0.0.1 is in use. Another relay may be running: airelays status`,
      details: { hint: expect.stringContaining("--port") },
    });
  });

  it("refuses an address that is not this machine's", async () => {
    await expect(start("203.0.113.1")).rejects.toMatchObject({
      code: "port_in_use",
      details: { hint: expect.stringContaining("--host") },
    });
  });

  it("stops as soon as the last answer is out, though clients keep their connections", async () => {
    let take: (res: ServerResponse) => void = () => undefined;
    const taken = new Promise<ServerResponse>((resolve) => {
      take = resolve;
    });
    const listening = await listen((_req, res) => take(res), { host: "127.0.0.1", port: 0 });
    const agent = new Agent({ keepAlive: true });
    const answered = new Promise<void>((resolve) => {
      get(listening.url, { agent }, (res) => res.resume().on("end", () => resolve()));
    });
    const res = await taken;
    const closed = listening.close(3_600_000);
    res.end("ok");
    await answered;
    await closed;
    agent.destroy();
  });

  it("cuts what is still running when the time to drain is over", async () => {
    const listening = await listen((_req, res) => res.write("begun"), {
      host: "127.0.0.1",
      port: 0,
    });
    const reader = (await fetch(listening.url)).body?.getReader();
    await reader?.read();
    const rest = reader?.read();
    await listening.close(1);
    await expect(rest).rejects.toThrow();
  });
});
