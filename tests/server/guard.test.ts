import { describe, expect, it } from "vitest";
import { createGuard } from "../../src/server/guard.ts";

function verdict(listenHost: string, host: string, localAddress: string): string {
  const check = createGuard({ listenHost, allowedHosts: ["relay.lan"], allowedOrigins: [] });
  try {
    check({ headers: { host }, rawHeaders: ["Host", host], socket: { localAddress } });
    return "passes";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("the Host of a relay that other machines reach", () => {
  it.each([
    ["0.0.0.0", "192.168.1.5:8080", "192.168.1.5", "passes"],
    ["::", "192.168.1.5:8080", "::ffff:192.168.1.5", "passes"],
    ["::", "[fd00::5]:8080", "fd00::5", "passes"],
    ["192.168.1.5", "192.168.1.5:8080", "192.168.1.5", "passes"],
    ["Box.lan", "box.LAN:8080", "192.168.1.5", "passes"],
    ["0.0.0.0", "relay.lan", "192.168.1.5", "passes"],
    ["0.0.0.0", "localhost:8080", "127.0.0.1", "passes"],
    ["0.0.0.0", "0.0.0.0:8080", "127.0.0.1", "forbidden_host"],
    ["0.0.0.0", "192.168.1.6:8080", "192.168.1.5", "forbidden_host"],
    ["0.0.0.0", "box.lan:8080", "192.168.1.5", "forbidden_host"],
    ["0.0.0.0", "evil.example", "192.168.1.5", "forbidden_host"],
    ["127.0.0.1", "192.168.1.5", "127.0.0.1", "forbidden_host"],
  ])("T1 listening on %s: %s at %s %s", (listenHost, host, localAddress, expected) => {
    expect(verdict(listenHost, host, localAddress)).toBe(expected);
  });
});
