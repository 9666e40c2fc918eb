import { describe, expect, it } from "vitest";
import { createGuard } from "../../src/server/guard.ts";

function verdict(listenHost: string, host: string, localAddress: string): string {
  const check = createGuard({
    listenHost,
    allowedHosts: ["relay.lan", "FD00:0:0::7", "fe80::7%eth0"],
    allowedOrigins: [],
  });
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
    ["::", "[fd00::7]", "fd00::5", "passes"],
    ["::", "[FD00:0000::0:7]:8080", "fd00::5", "passes"],
    ["::", "[fe80::7]", "fd00::5", "passes"],
    ["::", "[fe80::7%25eth0]", "fd00::5", "invalid_request"],
    ["::", "[fe80:0::9]", "fe80::9%eth0", "passes"],
    ["FD00:0::9", "[fd00::9]", "fd00::9", "passes"],
    ["::", "[0:0:0:0:0:0:0:1]", "::1", "passes"],
    ["::", "[fd00::8]", "fd00::5", "forbidden_host"],
    ["::", "[:::]", "fd00::5", "invalid_request"],
    ["::", "[1.2]", "fd00::5", "invalid_request"],
  ])("T1 listening on %s: %s at %s %s", (listenHost, host, localAddress, expected) => {
    expect(verdict(listenHost, host, localAddress)).toBe(expected);
  });
});
