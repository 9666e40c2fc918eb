import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { proxyFor } from "../../src/upstreams/proxy.ts";

const upstream = "https://chatgpt.com/backend-api/codex";

/** Where calls to the upstream go. */
function way(env: Record<string, string>, url = upstream): string {
  const proxy = proxyFor(url, env);
  return proxy === undefined ? "direct" : `${proxy.isSecure ? "https" : "http"} ${proxy.shown}`;
}

describe("proxyFor", () => {
  it.each([
    [{}, "direct"],
    [{ HTTPS_PROXY: "http://proxy.example:3128" }, "http proxy.example:3128"],
    [{ https_proxy: "http://proxy.example:3128/" }, "http proxy.example:3128"],
    [{ HTTPS_PROXY: "proxy.example:3128" }, "http proxy.example:3128"],
    [{ HTTPS_PROXY: "proxy.example" }, "http proxy.example:80"],
    [{ HTTPS_PROXY: "https://proxy.example" }, "https proxy.example:443"],
    [{ HTTPS_PROXY: "10.1.2.3:3128" }, "http 10.1.2.3:3128"],
    [{ HTTPS_PROXY: "http://[fd00::1]:3128" }, "http [fd00::1]:3128"],
    [{ https_proxy: "lower:1", HTTPS_PROXY: "upper:1" }, "http lower:1"],
    [{ https_proxy: "", HTTPS_PROXY: "upper:1" }, "http upper:1"],
    [{ HTTP_PROXY: "plain:1" }, "http plain:1"],
    [{ HTTP_PROXY: "plain:1", HTTPS_PROXY: "secure:1" }, "http secure:1"],
  ])("reads %j", (env, expected) => {
    expect(way(env)).toBe(expected);
  });

  it.each([
    ["*", "direct"],
    ["chatgpt.com", "direct"],
    ["localhost, CHATGPT.com", "direct"],
    [".chatgpt.com", "direct"],
    ["*.chatgpt.com", "direct"],
    ["com", "direct"],
    ["chatgpt.com:443", "direct"],
    ["chatgpt.com:8443", "http proxy:1"],
    ["gpt.com", "http proxy:1"],
    ["localhost,127.0.0.1,::1", "http proxy:1"],
    ["", "http proxy:1"],
  ])("heeds NO_PROXY=%s", (noProxy, expected) => {
    expect(way({ HTTPS_PROXY: "proxy:1", NO_PROXY: noProxy })).toBe(expected);
    expect(way({ HTTPS_PROXY: "proxy:1", no_proxy: noProxy })).toBe(expected);
  });

  it.each([
    "http://127.0.0.1:8080/x",
    "http://localhost:1",
    "https://[::1]:8443",
    "http://127.9.9.9",
  ])("never sends calls for this machine through a proxy: %s", (url) => {
    // Broken on purpose: nothing of it is looked at.
    expect(way({ HTTPS_PROXY: "socks5://p", HTTP_PROXY: "::" }, url)).toBe("direct");
  });

  it.each([
    [
      "socks5://u:hunter2@proxy:1",
      "names a `socks5://` proxy, and only http and https proxies are spoken",
    ],
    ["http://u:hunter2@", "is not the address of a proxy"],
    ["http://u:hunter2@proxy:99999", "is not the address of a proxy"],
    [
      "http://u:hunter2%@proxy:1",
      "has a user name or password with a `%` that has to be written `%25`",
    ],
  ])("refuses %s without repeating it", (value, what) => {
    const call = () => proxyFor(upstream, { HTTPS_PROXY: value });
    expect(call).toThrow(
      expect.objectContaining({
        code: "config_invalid",
        message: `The environment variable \`HTTPS_PROXY\` ${what}.`,
      }),
    );
    expect(call).not.toThrow("hunter2");
  });

  it("keeps user name and password for the header, and out of sight", () => {
    const proxy = proxyFor(upstream, { HTTPS_PROXY: "http://me:p%40ss@proxy:1" });
    expect(proxy?.authorization).toBe(`Basic ${Buffer.from("me:p@ss").toString("base64")}`);
    const seen = `${inspect(proxy, { depth: 9 })} ${JSON.stringify(proxy)}`;
    expect(seen).not.toMatch(/p@ss|p%40ss|Basic/);
    // A user name alone is enough for some proxies.
    expect(proxyFor(upstream, { HTTPS_PROXY: "http://me@proxy:1" })?.authorization).toBe(
      `Basic ${Buffer.from("me:").toString("base64")}`,
    );
  });
});
