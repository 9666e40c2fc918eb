import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { reachedAt, reachFields } from "../../src/cli/network-reach.ts";

const v4 = (address: string, internal = false): NetworkInterfaceInfo => ({
  address,
  netmask: "255.255.255.0",
  family: "IPv4",
  mac: "00:00:00:00:00:00",
  internal,
  cidr: null,
});
const v6 = (address: string, scopeid: number, internal = false): NetworkInterfaceInfo => ({
  ...v4(address, internal),
  family: "IPv6",
  scopeid,
});
const interfaces = {
  lo: [v4("127.0.0.1", true), v6("::1", 0, true)],
  eth0: [v4("192.168.1.5"), v6("fd00::5", 0), v6("fe80::1", 2)],
  none: undefined,
};

describe("the addresses that other machines reach", () => {
  it.each([
    ["127.0.0.1", []],
    ["localhost", []],
    ["::1", []],
    ["0.0.0.0", ["192.168.1.5"]],
    ["::", ["192.168.1.5", "fd00::5"]],
    ["192.168.1.5", ["192.168.1.5"]],
    ["box.lan", ["box.lan"]],
  ])("of %s are %j", (host, addresses) => {
    expect(reachedAt(host, interfaces)).toEqual(addresses);
  });

  it("are named one by one, as a client would write them", () => {
    expect(reachFields(["fd00::5"], 8080)).toEqual([
      { label: "Reached at", value: "http://[fd00::5]:8080, by other machines", tone: "warn" },
    ]);
  });
});
