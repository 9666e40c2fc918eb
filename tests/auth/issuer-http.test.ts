import { describe, expect, it } from "vitest";
import { clean, createIssuerHttp, type Fetch } from "../../src/auth/issuer-http.ts";
import { startFakeIssuer } from "./fake-issuer.ts";

const userAgent = "airelays/0.1.0";

describe("a request to the login server", () => {
  it("gives back status, JSON fields and request id", async () => {
    const { url } = await startFakeIssuer([
      { status: 418, headers: { "x-request-id": "req-1" }, body: { a: 1 } },
    ]);
    const http = createIssuerHttp({ fetch, userAgent });
    expect(await http.post(url, {})).toEqual({
      status: 418,
      fields: { a: 1 },
      isChallenge: false,
      requestId: "req-1",
    });
  });

  it.each(["[]", "null", "<p>text</p>", "{", "x".repeat(300_000)])(
    "has no fields when the body is no JSON object (%#)",
    async (body) => {
      const { url } = await startFakeIssuer([{ body }]);
      const http = createIssuerHttp({ fetch, userAgent });
      expect((await http.post(url, {})).fields).toEqual({});
    },
  );

  it("that gets no answer in time names the host and the limit", async () => {
    const http = createIssuerHttp({ fetch: never, userAgent, timeoutMs: 20 });
    await expect(http.post("http://localhost:9/x", {})).rejects.toMatchObject({
      code: "upstream_timeout",
      message: "`localhost:9` did not answer within 0.02 s. Try again.",
    });
  });

  it("that cannot be made says why", async () => {
    const refused = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") });
    const http = createIssuerHttp({ fetch: () => Promise.reject(refused), userAgent });
    await expect(http.post("http://localhost:9/x", {})).rejects.toMatchObject({
      code: "upstream_unreachable",
      message:
        "Could not reach `localhost:9`: connect ECONNREFUSED. Check the network, then try again.",
    });
  });

  it("that the person ends has the person's reason", async () => {
    const controller = new AbortController();
    const http = createIssuerHttp({ fetch: never, userAgent });
    const request = http.post("http://localhost:9/x", {}, controller.signal);
    const reason = new Error("Ctrl-C");
    controller.abort(reason);
    await expect(request).rejects.toBe(reason);
  });
});

describe("clean", () => {
  it("makes one short line without anything as long as a token", () => {
    expect(clean(`a\n\u0007b ${"t".repeat(40)} ${"word ".repeat(100)}`)).toBe(
      `a b [redacted] ${"word ".repeat(100)}`.slice(0, 300),
    );
  });
});

/** A server that never answers; it ends with the signal, as fetch does. */
const never: Fetch = (_, { signal }) =>
  new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
