import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { createClientAddress } from "../../src/server/client-address.ts";

function addressOf(
  options: { trustedProxies?: string[]; trustForwardedFor?: boolean },
  remoteAddress: string,
  forwarded?: string,
): string {
  const address = createClientAddress({
    trustedProxies: [],
    trustForwardedFor: false,
    ...options,
  });
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return address({ socket: { remoteAddress }, headers } as unknown as IncomingMessage);
}

describe("the address that counts", () => {
  it("T7 is the peer's where no proxy is trusted, whatever is claimed", () => {
    expect(addressOf({}, "192.0.2.9", "127.0.0.1")).toBe("192.0.2.9");
    expect(addressOf({}, "127.0.0.1", "192.0.2.1")).toBe("127.0.0.1");
    expect(addressOf({}, "::ffff:127.0.0.1")).toBe("127.0.0.1");
  });

  it("T7 is the peer's where the peer is not the trusted proxy", () => {
    const options = { trustedProxies: ["10.0.0.0/8"], trustForwardedFor: true };
    expect(addressOf(options, "192.0.2.9", "198.51.100.1")).toBe("192.0.2.9");
  });

  it.each([
    ["198.51.100.1", "198.51.100.1"],
    ["127.0.0.1, 198.51.100.1", "198.51.100.1"],
    ["127.0.0.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"],
    ["198.51.100.1:4711", "198.51.100.1"],
    ["[2001:db8::1]:4711", "2001:db8::1"],
    ["2001:db8::1", "2001:db8::1"],
    ["::ffff:198.51.100.1", "198.51.100.1"],
    ["198.51.100.1, unknown", "10.0.0.1"],
    ["198.51.100.1, <script>, 10.0.0.2", "10.0.0.2"],
    ["10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["", "10.0.0.1"],
    [undefined, "10.0.0.1"],
  ])("T7 is read from right to left behind a proxy: %j gives %s", (forwarded, expected) => {
    expect(addressOf({ trustedProxies: ["10.0.0.0/8"] }, "10.0.0.1", forwarded)).toBe(expected);
  });

  it.each(["127.0.0.1", "::1", "::ffff:127.0.0.1"])(
    "is what a proxy of this machine says with the older switch: %s",
    (peer) => {
      const options = { trustForwardedFor: true };
      expect(addressOf(options, peer, "1.1.1.1, 198.51.100.1")).toBe("198.51.100.1");
      expect(addressOf(options, "192.0.2.9", "198.51.100.1")).toBe("192.0.2.9");
    },
  );
});
