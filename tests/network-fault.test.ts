import { describe, expect, it } from "vitest";
import { networkFaultOf, ProxyFailure } from "../src/network-fault.ts";

function coded(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

describe("networkFaultOf", () => {
  it.each([
    ["ENOTFOUND", "name", "its name cannot be resolved (DNS)"],
    ["EAI_AGAIN", "name", "its name cannot be resolved (DNS)"],
    ["ECONNREFUSED", "connect", "the connection was refused"],
    ["ENETUNREACH", "connect", "there is no way to it (ENETUNREACH)"],
    ["UND_ERR_CONNECT_TIMEOUT", "timeout", "connecting took too long"],
    ["ECONNRESET", "connect", "the connection was closed"],
    ["CERT_HAS_EXPIRED", "tls", "TLS failed (CERT_HAS_EXPIRED)"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls", "TLS failed (ERR_SSL_WRONG_VERSION_NUMBER)"],
    ["EPIPE", "other", "connect EPIPE"],
  ])("takes %s as a fault of the layer %s", (code, layer, reason) => {
    expect(networkFaultOf(coded(code))).toEqual({ layer, reason });
  });

  it("names the variable that makes a company's authority known", () => {
    const { layer, reason } = networkFaultOf(coded("SELF_SIGNED_CERT_IN_CHAIN"));
    expect([layer, reason]).toEqual(["tls", expect.stringContaining("`NODE_EXTRA_CA_CERTS`")]);
  });

  it("looks behind `fetch failed`", () => {
    const failed = new TypeError("fetch failed", { cause: coded("ENOTFOUND") });
    expect(networkFaultOf(failed).layer).toBe("name");
  });

  it("does not look behind a proxy's failure, which says more than its cause", () => {
    const failed = new TypeError("fetch failed", {
      cause: new ProxyFailure("the proxy `p:1` cannot be reached", { cause: coded("ENOTFOUND") }),
    });
    expect(networkFaultOf(failed)).toEqual({
      layer: "proxy",
      reason: "the proxy `p:1` cannot be reached",
    });
  });
});
