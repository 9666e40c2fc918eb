import { Agent, createServer, get, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
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
async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

describe("listen", () => {
  it("binds the address it was given, whatever the environment says", async () => {
    vi.stubEnv("HOST", "0.0.0.0");
    vi.stubEnv("PORT", "1");
    vi.stubEnv("NODE_ENV", "production");
    const { host, port, url } = await start();
    expect([host, url]).toEqual(["127.0.0.1", `http://127.0.0.1:${port}`]);
    expect(await (await fetch(url)).text()).toBe("ok");
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
