/** Who can reach the port at all: T1 to T8, T10, T14 to T20 of tests/attacks/README.md. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, raw, upgradeHeaders } from "../helpers/raw-http.ts";
import { startTestRelay, type TestRelay } from "../helpers/test-relay.ts";

const app = "https://app.example";
const evil = "https://evil.example";
const json = "Content-Type: application/json";
const body = JSON.stringify({ model: "gpt-5.5", input: "Hi" });

const asks = [
  ["GET", "/", []],
  ["GET", "/healthz", []],
  ["GET", "/v1/models", []],
  ["POST", "/v1/responses", [json]],
  ["OPTIONS", "/v1/responses", ["Access-Control-Request-Method: POST"]],
  ["GET", "/v1/responses", upgradeHeaders],
] as const;

describe.each([
  ["with the token", {}],
  ["in open mode", { AIRELAYS_REQUIRE_BEARER_AUTH: "false" }],
])("a relay %s", (_name, env) => {
  let relay: TestRelay;
  let bearer: string;
  beforeAll(async () => {
    relay = await startTestRelay({
      env: {
        AIRELAYS_RATE_LIMIT_BURST: "10000",
        AIRELAYS_ALLOWED_ORIGINS: app,
        AIRELAYS_ALLOWED_HOSTS: "relay.lan",
        ...env,
      },
    });
    bearer = `Authorization: Bearer ${relay.token}`;
  });
  afterAll(() => relay.close());

  it.each(asks)("T1 refuses a rebound name: %s %s", async (method, target, headers) => {
    const port = new URL(relay.url).port;
    for (const host of [`evil.example:${port}`, "evil.example"]) {
      const answer = await ask(relay.url, {
        method,
        target,
        host,
        headers: [bearer, `Origin: http://${host}`, ...headers],
      });
      expect(answer.status).toBe(403);
      expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
      expect(answer.body).toContain('"code":"forbidden_host"');
    }
  });

  it.each([
    [null, 400],
    ["", 400],
    ["127.0.0.1, evil.example", 400],
    ["127.0.0.1@evil.example", 400],
    ["evil.example@127.0.0.1", 400],
    ["http://127.0.0.1", 400],
    ["127.0.0.1:x", 400],
    ["[::1", 400],
    ["loc\u0430lhost", 400],
    ["localhost.", 403],
    ["localhost.evil.example", 403],
    ["evil-localhost", 403],
    ["0.0.0.0", 403],
    ["[::]", 403],
    ["[::ffff:127.0.0.1]", 403],
    ["2130706433", 403],
    ["0x7f.1", 403],
    ["127.1", 403],
    ["127.0.0.1.evil.example", 403],
    ["192.0.2.7", 403],
    ["LOCALHOST:99", 200],
    ["app.localhost", 200],
    ["127.8.9.1", 200],
    ["[::1]:8080", 200],
    ["Relay.LAN", 200],
  ])("T2 T3 answers the Host %j with %i", async (host, status) => {
    expect((await ask(relay.url, { target: "/healthz", host })).status).toBe(status);
  });

  it("T2 refuses two Hosts, whichever comes first", async () => {
    const { host } = new URL(relay.url);
    for (const [first, second] of [
      [host, "evil.example"],
      ["evil.example", host],
      [host, host],
    ]) {
      const headers = [`host: ${second}`];
      const answer = await ask(relay.url, { target: "/healthz", host: first ?? "", headers });
      expect([400, 403]).toContain(answer.status);
    }
  });

  it.each(asks)("T14 T19 refuses pages that are not listed: %s %s", async (method, target, own) => {
    const { port } = new URL(relay.url);
    for (const origin of [
      evil,
      "null",
      "http://localhost:3000",
      "http://127.0.0.1",
      `http://localhost:${port}`,
      `${app}.evil.example`,
      `${app}:8443`,
      "http://app.example",
      `${app}/`,
      `${app}, ${evil}`,
    ]) {
      const answer = await ask(relay.url, {
        method,
        target,
        headers: [bearer, `Origin: ${origin}`, ...own],
        body: method === "POST" ? body : "",
      });
      expect([origin, answer.status]).toEqual([origin, 403]);
      expect(answer.body).toContain('"code":"forbidden_origin"');
      const told = Object.keys(answer.headers).filter((name) => name.startsWith("access-control"));
      expect(told).toEqual([]);
    }
  });

  it("lets a page of its own address ask", async () => {
    const headers = [bearer, `Origin: ${relay.url}`, "Sec-Fetch-Site: same-origin"];
    expect((await ask(relay.url, { headers })).status).toBe(200);
  });

  it.each([
    ["/v1/models", 200],
    ["/v1/nothing", 404],
    ["/healthz", 200],
  ])("T15 tells a listed page its own origin at %s, and no credentials", async (target, status) => {
    const answer = await ask(relay.url, {
      target,
      headers: [bearer, `Origin: ${app}`, "Sec-Fetch-Site: cross-site"],
    });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({ vary: "Origin", "access-control-allow-origin": app });
    expect(answer.headers["access-control-expose-headers"]).toContain("x-request-id, request-id");
    expect(answer.headers).not.toHaveProperty("access-control-allow-credentials");
  });

  it("T15 tells a listed page its own origin on a stream too", async () => {
    const answer = await ask(relay.url, {
      method: "POST",
      target: "/v1/responses",
      headers: [bearer, json, `Origin: ${app}`],
      body: JSON.stringify({ model: "gpt-5.5", input: "Hi", stream: true }),
    });
    expect(answer.headers).toMatchObject({
      "content-type": "text/event-stream",
      "access-control-allow-origin": app,
    });
  });

  it("T16 answers a listed page's preflight without token, naming what it needs", async () => {
    const answer = await ask(relay.url, {
      method: "OPTIONS",
      target: "/v1/responses",
      headers: [
        `Origin: ${app}`,
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: authorization, Content-Type,x-stainless-os, x-evil, cookie",
        "Access-Control-Request-Private-Network: true",
      ],
    });
    expect([answer.status, answer.body]).toEqual([204, ""]);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": app,
      "access-control-allow-methods": "GET, HEAD, POST, DELETE, OPTIONS",
      "access-control-allow-headers": "authorization, content-type, x-stainless-os",
      "access-control-max-age": "7200",
      "access-control-allow-private-network": "true",
      vary: expect.stringContaining("Access-Control-Request-Private-Network"),
    });
    expect(answer.headers).not.toHaveProperty("access-control-allow-credentials");
  });

  it("T16 refuses the preflight of any other page, private network or not", async () => {
    for (const origin of [evil, "null"]) {
      const answer = await ask(relay.url, {
        method: "OPTIONS",
        headers: [
          `Origin: ${origin}`,
          "Access-Control-Request-Method: GET",
          "Access-Control-Request-Private-Network: true",
        ],
      });
      expect(answer.status).toBe(403);
      expect(JSON.stringify(answer.headers)).not.toContain("access-control");
    }
  });

  it.each([
    "Content-Type: text/plain",
    "Content-Type: application/x-www-form-urlencoded",
    "Content-Type: multipart/form-data; boundary=x",
    "Content-Type: text/plain; application/json",
    "X-Content: none",
  ])("T17 takes no body that a page can send unasked: %s", async (type) => {
    for (const target of ["/v1/responses", "/v1/chat/completions", "/v1/conversations"]) {
      const headers = [bearer, type];
      const answer = await ask(relay.url, { method: "POST", target, headers, body });
      expect([target, answer.status]).toEqual([target, 415]);
    }
  });

  it("T18 refuses what a browser calls cross-site, token or not", async () => {
    for (const headers of [[], [bearer], [bearer, `Origin: ${evil}`], [`Origin: ${relay.url}`]]) {
      for (const target of ["/", "/healthz", "/v1/models"]) {
        const answer = await ask(relay.url, {
          target,
          headers: ["Sec-Fetch-Site: cross-site", ...headers],
        });
        expect([target, answer.status]).toEqual([target, 403]);
      }
    }
    expect(await relay.upstreamBodies()).toHaveLength(1);
  });
});

describe("a relay that lists no page", () => {
  let relay: TestRelay;
  let bearer: string;
  beforeAll(async () => {
    relay = await startTestRelay({ env: { AIRELAYS_RATE_LIMIT_BURST: "10000" } });
    bearer = `Authorization: Bearer ${relay.token}`;
  });
  afterAll(() => relay.close());

  it("T14 T16 sends no CORS header, whatever is asked", async () => {
    for (const headers of [[], [`Origin: ${app}`], [`Origin: ${relay.url}`], ["Origin: null"]]) {
      for (const method of ["GET", "OPTIONS"]) {
        const answer = await ask(relay.url, {
          method,
          headers: [bearer, "Access-Control-Request-Method: GET", ...headers],
        });
        expect(JSON.stringify(answer.headers)).not.toMatch(/access-control|"vary"/);
      }
    }
  });

  it("T4 asks for the token also where the Host is right", async () => {
    for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
      expect((await ask(relay.url, { host })).status).toBe(401);
    }
  });

  it.each([
    ["/v1/models", "x/healthz?"],
    ["/v1/models", "127.0.0.1/healthz"],
    ["http://127.0.0.1/healthz", "127.0.0.1"],
    ["http://127.0.0.1/v1/models", "127.0.0.1"],
    ["//127.0.0.1/healthz", "127.0.0.1"],
    ["/healthz/../v1/models", "127.0.0.1"],
    ["/healthz;/../v1/models", "127.0.0.1"],
    ["/healthz%2f..%2fv1/models", "127.0.0.1"],
    ["/v1/models?/healthz", "127.0.0.1"],
    ["/v1/models#/healthz", "127.0.0.1"],
  ])("T5 looks at the path that the router takes: %s for %s", async (target, host) => {
    expect([400, 401]).toContain((await ask(relay.url, { target, host })).status);
  });

  it.each(["X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1", "X-Real-IP: 127.0.0.1"])(
    "T7 gives nobody a right by %s",
    async (header) => {
      expect((await ask(relay.url, { headers: [header] })).status).toBe(401);
    },
  );

  it.each(["X-Forwarded-Uri", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix"])(
    "T8 takes no path from %s",
    async (name) => {
      expect((await ask(relay.url, { headers: [`${name}: /healthz`] })).status).toBe(401);
    },
  );

  it.each([
    ["Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"],
    ["Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"],
    ["Content-Length: 1\r\nContent-Length: 2", "ab"],
    ["Content-Length: +1", "a"],
    ["Transfer-Encoding: xchunked", "0\r\n\r\n"],
    ["Transfer-Encoding : chunked", "0\r\n\r\n"],
    ["X-Folded: a\r\n b", ""],
    ["X-Bare: a\nX-Other: b", ""],
    ["X-Nul: a\0b", ""],
  ])("T10 closes on what two parsers may read in two ways: %j", async (header, rest) => {
    const { host } = new URL(relay.url);
    const next = `GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    const text = await raw(
      relay.url,
      `POST /v1/responses HTTP/1.1\r\nHost: ${host}\r\n${bearer}\r\n${header}\r\n\r\n${rest}${next}`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 400 .*connection: close/is);
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it("T20 takes no token from the address", async () => {
    for (const name of ["token", "key", "api_key", "access_token"]) {
      const target = `/v1/models?${name}=${relay.token}`;
      expect((await ask(relay.url, { target })).status).toBe(401);
      const upgrade = { target: target.replace("models", "responses"), headers: upgradeHeaders };
      expect((await ask(relay.url, upgrade)).status).toBe(401);
    }
  });
});
